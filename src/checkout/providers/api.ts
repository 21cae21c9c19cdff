import { Fault } from '~/domain/faults.ts'
import { isLoopbackHost } from '~/domain/hosts.ts'
import type { Provider } from '~/domain/purchases.ts'
import type { CheckoutSecrets } from '~/platform/config.ts'
import { parseStorable } from '../raw-events.ts'
import type { FetchFromApi } from './provider.ts'

const TIMEOUT_MS = 10_000
/** After a request without a response, others fail at once for so long, instead of waiting, too. */
const PAUSE_MS = 10_000
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024

/** The API of a provider. */
export interface Api {
  readonly name: string
  readonly baseUrl: string
  /** The variable that contains the key, for error messages. */
  readonly variable: string
}

export const stripeApi: Api = {
  name: 'Stripe',
  baseUrl: 'https://api.stripe.com',
  variable: 'LICET_STRIPE_API_KEY',
}

/** Returns the API of Paddle that a key is for: keys of the sandbox have a prefix of their own. */
export function paddleApiOf(key: string): Api {
  const host = key.startsWith('pdl_sdbx_') ? 'sandbox-api.paddle.com' : 'api.paddle.com'
  return { name: 'Paddle', baseUrl: `https://${host}`, variable: 'LICET_PADDLE_API_KEY' }
}

/** The APIs of the providers that there is a key for. */
export type CheckoutApis = Readonly<Partial<Record<Provider, FetchFromApi>>>

export function createApis({ stripe, paddle }: CheckoutSecrets['apiKeys']): CheckoutApis {
  return {
    ...(stripe !== null && { stripe: createApiFetch(stripeApi, stripe) }),
    ...(paddle !== null && { paddle: createApiFetch(paddleApiOf(paddle), paddle) }),
  }
}

/**
 * Creates the function that reads from the API of a provider. It throws a Fault if the API refuses
 * the key or the request, which repeating will not change, and another error for failures that pass.
 * Neither contains the key or the path, in which IDs of sessions are secret.
 */
export function createApiFetch(
  api: Api,
  key: string,
  { timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): FetchFromApi {
  const { name, baseUrl, variable } = api
  const { protocol, hostname } = new URL(baseUrl)
  if (protocol !== 'https:' && !isLoopbackHost(hostname)) {
    throw new Error(`The API of ${name} must be reached over https.`)
  }
  let pausedUntilMs = -Infinity
  return async (path) => {
    if (performance.now() < pausedUntilMs) {
      throw new Error(`The API of ${name} did not respond a moment ago.`)
    }
    const request = fetch(`${baseUrl}${path}`, {
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      tls: { rejectUnauthorized: true },
    })
    const response = await request.catch((error: Error) => {
      pausedUntilMs = performance.now() + PAUSE_MS
      throw new Error(`The API of ${name} did not respond: ${codeOf(error)}.`)
    })
    const { status } = response
    if (status === 401 || status === 403) {
      const detail = `${name} refuses the API key with status ${status}`
      throw refuse(`${detail}. Check ${variable} and its permissions, then replay the event.`)
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      throw refuse(`${name} refuses the request with status ${status}.`)
    }
    if (!response.ok) throw new Error(`The API of ${name} responded with status ${status}.`)
    return parseResponse(await readText(response, name), name)
  }
}

const codeOf = (error: Error) => ('code' in error ? error.code : error.name)

const refuse = (detail: string) => new Fault('invalid_request', detail)

/** The message of a failed parse would contain a part of the text. */
function parseResponse(text: string, name: string): unknown {
  try {
    return parseStorable(text)
  } catch {
    throw new Error(`The response of ${name} is not JSON.`)
  }
}

async function readText({ body }: Response, name: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytesRead = 0
  for await (const chunk of body ?? []) {
    bytesRead += chunk.length
    if (bytesRead > RESPONSE_BYTES_MAX) throw new Error(`The response of ${name} is too long.`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
