import type { TestResponse } from '../../../support/app.ts'
import type { Operation, Parameter } from './requests.ts'

type Json = TestResponse['body']

/** Operations after which others have nothing left to work with. */
const endings = ['revokeLicense', 'changeLicenses', 'eraseCustomer', 'runJob']

/** Lists the operations of a document. Those that delete or revoke something are the last. */
export function listOperations(document: Json): Operation[] {
  const follow = (part: Json): Json => {
    if (part?.$ref === undefined) return part
    return follow(
      part.$ref
        .slice(2)
        .split('/')
        .reduce((value: Json, name: string) => value[name], document),
    )
  }
  const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): Operation => {
      const body = operation.requestBody
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        parameters: (operation.parameters ?? []).map(follow) as Parameter[],
        body:
          (body && {
            schema: body.content['application/json'].schema,
            isRequired: body.required === true,
          }) ||
          null,
        credential: credentialOf(operation.security),
        responses: Object.fromEntries(
          Object.entries<Json>(operation.responses).map(([status, response]) => [
            status,
            follow(response),
          ]),
        ),
      }
    }),
  )
  return operations.toSorted((one, other) => rankOf(one) - rankOf(other))
}

const rankOf = ({ id, method }: Operation) => (method === 'DELETE' || endings.includes(id) ? 1 : 0)

function credentialOf(security: readonly object[]): Operation['credential'] {
  const [scheme] = Object.keys(security[0] ?? {})
  return (scheme as Operation['credential'] | undefined) ?? null
}
