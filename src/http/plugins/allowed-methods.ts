/** Returns the methods that the routes of a path accept, for 405 and `Allow`. */
export function createAllowOf(
  routes: readonly { readonly method: string; readonly path: string }[],
) {
  const patterns = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  for (const { method, path } of routes) {
    const known = patterns.get(path) ?? { pattern: toPathPattern(path), methods: new Set() }
    known.methods.add(method)
    patterns.set(path, known)
  }
  return (path: string): readonly string[] => {
    const matching = [...patterns.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** Returns a pattern for the paths that a route such as `/licenses/:id` matches. */
export function toPathPattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll(/:[^/]+/g, '[^/]+').replaceAll('*', '.*')}/?$`)
}
