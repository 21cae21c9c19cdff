const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the JSON object in a text, or null for anything else. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Like `parseObject`, and null too if any object in it has a member twice (RFC 7515, §4). */
export function parseUniqueObject(text: string): JsonObject | null {
  const value = parseObject(text)
  return value === null || hasDuplicateMember(text) ? null : value
}

/** Whether a valid JSON text repeats the name of a member, at any depth and however it is escaped. */
function hasDuplicateMember(text: string): boolean {
  const open: (Set<string> | null)[] = []
  let latest = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const names = open.at(-1)
      const name: unknown = JSON.parse(latest)
      if (typeof name !== 'string' || names?.has(name)) return true
      names?.add(name)
    }
    latest = token
  }
  return false
}
