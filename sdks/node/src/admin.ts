// The entry point for your own servers, which manage licenses with an API key.
export { LicetAdmin, type RequestOptions } from './admin/admin.ts'
export type { List } from './admin/calls.ts'
export type { AdminOptions, CallOptions, Query } from './admin/connection.ts'
export type * from './admin/types.ts'
export { LicetProblem, NoAnswer } from './errors.ts'
