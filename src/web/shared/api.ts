import { treaty } from '@elysiajs/eden'
import type { App } from '~/server/app.ts'

export const api = treaty<App>('http://x', { parseDate: false }).api.v1
export async function t() {
  const { data, error } = await api.licenses.get({ query: { limit: '50' } })
  const x = await api.licenses({ id: 'x' }).suspend.post({ reason: 'x' })
  const o = await api.overview.get()
  return [data?.data[0]?.status, error?.status, x.data, o.data]
}
