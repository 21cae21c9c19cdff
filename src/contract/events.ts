import { type Static, Type } from '@sinclair/typebox'
import { nullable } from './fields.ts'

export const Event = Type.Object({
  id: Type.String(),
  type: Type.String(),
  timestamp: Type.String(),
  license_id: nullable(Type.String()),
  sequence: nullable(Type.Integer()),
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type Event = Static<typeof Event>
