// The entry point for Node, Bun, Deno and Electron.
export { LicetProblem, NoAnswer } from './errors.ts'
