// The default metrics one by one, because most of them are for Node.js only.
declare module 'prom-client/lib/metrics/*' {
  import type { Registry } from 'prom-client'

  const register: (registry: Registry) => void
  export = register
}
