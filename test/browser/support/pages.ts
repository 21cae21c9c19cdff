import { readPage } from '../../support/pages.ts'

const routes = [...readPage('src/web/admin/routes.tsx').matchAll(/path: '([^']+)'/g)]

/** The addresses of all pages of the dashboard; some contain `:id` of a license or `:slug` of a plan. */
export const adminPages: readonly string[] = routes.map(([, path]) => path ?? '')
