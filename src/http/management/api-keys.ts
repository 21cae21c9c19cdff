import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import {
  checkGrant,
  createToken,
  decideApiKeyRevocation,
  type ApiKey as Key,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'
import { invalidField } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { ApiKey, CreateApiKeyBody, CreatedApiKey, presentApiKey } from '~/wire/api-keys.ts'
import { Nothing } from '~/wire/fields.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['API keys']

export const apiKeyRoutes = (
  {
    store,
    vault,
    randomBytes,
    createId,
  }: Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId'>,
  commands: CommandsPlugin,
) =>
  new Elysia({ prefix: '/keys' })
    .use(commands)
    .get(
      '',
      async ({ query }) => {
        const page = await store.apiKeys.list(parsePageRequest('keys', query))
        return presentPage('keys', query, page, presentApiKey)
      },
      {
        scope: 'keys:read',
        query: PageQuery,
        response: { 200: pageOf(ApiKey), ...problems(400, 401, 403, 422) },
        detail: { tags, summary: 'List API keys, newest first' },
      },
    )
    .post(
      '',
      ({ body, command }) => {
        checkGrant(command.actor, body.scopes)
        const apiKey: Key = {
          id: createId('key'),
          name: body.name,
          scopes: [...new Set(body.scopes)],
          isReserved: false,
          createdAtMs: command.nowMs,
          expiresAtMs: readKeyExpiry(body.expires_at ?? null, command.nowMs),
          lastUsedAtMs: null,
        }
        const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
        const view = (created: Key) => ({ ...presentApiKey(created), token })
        const blank = (shown: CreatedApiKey) => ({ ...shown, token: null })
        return command.answer({ status: 201, noun: 'API key', view, blank }, (context) =>
          store.apiKeys.create(apiKey, vault.hashToken(token), context),
        )
      },
      {
        scope: 'keys:write',
        body: CreateApiKeyBody,
        response: { 201: CreatedApiKey, ...problems(400, 401, 403, 409, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Create an API key',
          description: 'The token is shown in this answer only. No key grants more than it holds.',
        },
      },
    )
    .delete(
      '/:id',
      async ({ params, command, set }) => {
        await command.answer({ status: 200, noun: 'API key', view: presentApiKey }, (context) =>
          store.apiKeys.change(params.id, context, (apiKey) =>
            decideApiKeyRevocation(apiKey, command.actor),
          ),
        )
        set.status = 204
      },
      {
        scope: 'keys:write',
        response: { 204: Nothing, ...problems(401, 403, 404, 409) },
        detail: { tags, summary: 'Revoke an API key' },
      },
    )

/** Throws a Fault at /expires_at for a key that could never be used. */
function readKeyExpiry(text: string | null, nowMs: number): number | null {
  const expiresAtMs = text === null ? null : parseTimestamp(text, '/expires_at')
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    throw invalidField('/expires_at', 'This has passed. Give a later time, or null for no end.')
  }
  return expiresAtMs
}
