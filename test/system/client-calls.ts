import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { blockOf, readPage } from '../support/pages.ts'
import { Sandbox } from '../support/server.ts'

const page = readPage('docs/clients.md')

const languages = [
  { language: 'js', file: 'license.mjs', command: [process.execPath, 'call.mjs'] },
  { language: 'python', file: 'license_check.py', command: ['python3', 'call.py'] },
] as const

for (const { language, file, command } of languages) {
  test(`docs/clients.md: the ${language} call runs as it is and prints why a license is refused`, async () => {
    using sandbox = new Sandbox()
    using server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        const message = `${new URL(request.url).pathname} ${await request.text()}`
        return Response.json({ valid: false, error: 'LICENSE_REVOKED', message })
      },
    })
    const call = blockOf(page, `${language} call`)
    expect(call).toContain('https://licenses.example.com')
    writeFileSync(sandbox.at(file), blockOf(page, language))
    writeFileSync(
      sandbox.at(command[1]),
      call.replace('https://licenses.example.com', server.url.origin),
    )
    const child = Bun.spawn([...command], {
      cwd: sandbox.path,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
    expect(stderr).toBe('')
    const [path, body] = stdout.split(/ (.*)/)
    expect(path).toBe('/api/v1/validate')
    expect(JSON.parse(body ?? '')).toEqual({
      key: 'TO-7Q4M-X0ZD-9KTB-2F17',
      fingerprint: '5f2b9c',
      device_name: "Ada's laptop",
    })
  })
}
