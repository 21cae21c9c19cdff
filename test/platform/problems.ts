import { ConfigError, type Environment, readConfig } from '~/platform/config.ts'

export const read = (env: Environment) => readConfig(env, false)

/** Returns the problems of variables, a line each; an empty text if there are none. */
export function problemOf(env: Environment): string {
  try {
    read(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}
