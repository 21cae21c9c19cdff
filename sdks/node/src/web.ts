// The entry point for browsers and Workers.
export { LicetProblem, NoAnswer } from './errors.ts'
