import { expect, test } from 'bun:test'
import { readConfig } from '~/platform/config.ts'
import { readPage } from '../support/pages.ts'

interface Compose {
  readonly 'x-licet': { readonly environment: Readonly<Record<string, string>> }
  readonly services: Readonly<Record<string, { readonly environment?: object }>>
}

interface Container {
  readonly env: readonly { readonly name: string }[]
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: Container[] } } }
}

const parse = (page: string): unknown => Bun.YAML.parse(readPage(page))

test('scaling docs: the compose file starts two servers with valid variables, behind a proxy that knows both', () => {
  const compose = parse('docs/scaling/compose.yaml') as Compose
  const { environment } = compose['x-licet']
  expect(compose.services['licet-1']?.environment).toEqual(environment)
  expect(compose.services['licet-2']?.environment).toEqual(environment)
  const variables = Object.entries(environment).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{\w+:\?\}/g, 'licenses.example.com'),
  ])
  const given = { ...Object.fromEntries(variables), LICET_MASTER_SECRET_FILE: '' }
  const secret = Buffer.alloc(32).toString('base64')
  const { config } = readConfig({ ...given, LICET_MASTER_SECRET: secret }, false)
  expect(config.allowedHosts).toEqual(['licenses.example.com'])
  expect(readPage('docs/scaling/Caddyfile')).toContain('licet-1:3000 licet-2:3000')
})

test('scaling docs: on Kubernetes, a database that is away takes servers out of service but restarts none', () => {
  const [deployment] = parse('docs/scaling/kubernetes.yaml') as Deployment[]
  const [container] = deployment?.spec.template.spec.containers ?? []
  expect(container?.livenessProbe.httpGet.path).toBe('/livez')
  expect(container?.readinessProbe.httpGet.path).toBe('/readyz')
  expect(container?.env.map(({ name }) => name)).toContain('LICET_DATABASE_URL')
})
