import { testClient } from '../support/documented-clients.ts'

testClient({
  language: 'js',
  file: 'client.mjs',
  command: [process.execPath, 'driver.mjs'],
  hurry: ['TIMEOUT_MS = 5_000', 'TIMEOUT_MS = 500'],
  driver: `import { checkLicense } from './client.mjs'
const [file, key, ...servers] = process.argv.slice(2)
const results = []
for (const server of servers) {
  const { allowed, message } = await checkLicense(server, { key, domain: 'example.com' }, file)
  results.push([allowed, message])
}
console.log(JSON.stringify(results))
process.exit()`,
})
