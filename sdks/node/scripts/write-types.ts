#!/usr/bin/env bun
// Writes the types of the management API from openapi.json. With --check it only compares them.
import { join } from 'node:path'

/** The part of JSON Schema that the document uses. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
}

interface Parameter {
  readonly $ref?: string
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Body {
  readonly $ref?: string
  readonly required?: boolean
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

interface Operation {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const root = join(import.meta.dir, '../../..')
const target = join(import.meta.dir, '../src/admin/types.ts')
const { paths, components }: Document = await Bun.file(join(root, 'openapi.json')).json()

/** The schemas that the written types use, in the order in which they were first used. */
const used = new Set<string>()

function writeType(schema: Schema): string {
  if (schema.$ref !== undefined) return writeReference(schema.$ref)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (union !== undefined) return union.map(writeType).join(' | ')
  return [schema.type ?? 'unknown']
    .flat()
    .map((type) => writeTypeOf(type, schema))
    .join(' | ')
}

function writeReference(reference: string): string {
  const name = reference.split('/').at(-1) ?? ''
  used.add(name)
  return name
}

function writeTypeOf(type: string, schema: Schema): string {
  if (type === 'integer') return 'number'
  if (type === 'array') return `readonly (${writeType(schema.items ?? {})})[]`
  return type === 'object' ? writeObject(schema) : type
}

function writeObject({ properties, required = [], additionalProperties }: Schema): string {
  if (properties !== undefined) {
    const members = Object.entries(properties).map(([name, schema]) =>
      writeMember(name, required.includes(name), writeType(schema), schema.description),
    )
    return `{\n${members.join('\n')}\n}`
  }
  const value =
    typeof additionalProperties === 'object' ? writeType(additionalProperties) : 'unknown'
  return `Readonly<Record<string, ${value}>>`
}

function writeMember(name: string, isRequired: boolean, type: string, description?: string) {
  return `${writeComment(description)}readonly ${name}${isRequired ? '' : '?'}: ${type}`
}

function writeComment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n`
}

function writeDeclaration(name: string): string {
  const schema = components.schemas[name] ?? {}
  const type = writeType(schema)
  const declaration = type.startsWith('{') ? `interface ${name} ${type}` : `type ${name} = ${type}`
  return `${writeComment(schema.description)}export ${declaration}`
}

function writeOperation({ operationId, parameters = [], requestBody, responses }: Operation) {
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required = false, schema, description }) =>
      writeMember(name, required, writeType(schema), description),
    )
  const body = findJson(requestBody)
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, response]) => writeAnswer(response))
  return `readonly ${operationId}: {
    readonly query: ${query.length === 0 ? 'unknown' : `{\n${query.join('\n')}\n}`}
    readonly body: ${body === null ? 'undefined' : writeType(body)}
    readonly response: ${[...new Set(answers)].join(' | ')}
  }`
}

function findJson(body: Body | undefined): Schema | null {
  return body?.content?.['application/json']?.schema ?? null
}

function writeAnswer(response: Body): string {
  const schema = findJson(response)
  if (schema !== null) return writeType(schema)
  return response.content === undefined ? 'undefined' : 'string'
}

async function writeTypes(): Promise<string> {
  const operations = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ security = [] }) => security.length > 0)
    .map(writeOperation)
  const declarations: string[] = []
  // A set is iterated with the members that are added meanwhile.
  for (const name of used) declarations.push(writeDeclaration(name))
  const text = `// Written from openapi.json by scripts/write-types.ts.

/** The input and the response of each management operation, by its operation ID. */
export interface Operations {\n${operations.join('\n')}\n}\n\n${declarations.join('\n\n')}\n`
  return format(text)
}

async function format(text: string): Promise<string> {
  const biome = join(root, 'node_modules/.bin/biome')
  const command = ['bun', biome, 'format', `--stdin-file-path=${target}`]
  const formatter = Bun.spawn(command, { cwd: root, stdin: new Blob([text]), stderr: 'inherit' })
  const formatted = await new Response(formatter.stdout).text()
  if ((await formatter.exited) !== 0) throw new Error('The types could not be formatted.')
  return formatted
}

const types = await writeTypes()
if (!process.argv.includes('--check')) await Bun.write(target, types)
else if ((await Bun.file(target).text()) !== types) process.exitCode = 1
