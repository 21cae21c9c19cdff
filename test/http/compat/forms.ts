import type { TestApp, TestResponse } from '../../support/app.ts'

/** Posts a form without a token, as apps of other products do. */
export function postForm(
  app: TestApp,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestResponse> {
  const type = 'application/x-www-form-urlencoded'
  return app.send('POST', path, new URLSearchParams(fields).toString(), {
    authorization: undefined,
    'content-type': type,
    ...headers,
  })
}

/** Sends a GET with a query, without a token. */
export function getWith(
  app: TestApp,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestResponse> {
  const query = new URLSearchParams(fields).toString()
  return app.send('GET', `${path}?${query}`, undefined, { authorization: undefined, ...headers })
}
