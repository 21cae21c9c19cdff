import { Elysia } from 'elysia'
import { ValidateBody } from '~/wire/validations.ts'
import { verdict } from './verdict.ts'

/** The minimum that Elysia does for a route with this body: parse, validate, return a constant. */
const app = new Elysia()
  .post('/api/v1/validate', () => verdict, { body: ValidateBody })
  .listen({ hostname: '127.0.0.1', port: 0 })
console.error(`http://127.0.0.1:${app.server?.port}`)
