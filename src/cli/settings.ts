import { readConfig, type Settings } from '~/platform/config.ts'

/** Reads the environment variables. Throws a ConfigError that names each invalid one. */
export const readSettings = (): Settings => readConfig(process.env, process.stdout.isTTY === true)
