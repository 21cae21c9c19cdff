/**
 * Whether every part of a path is valid percent-encoding, and still one part when it is decoded. The
 * pages put parts of their path into the paths of requests, so a link such as `/admin/plans/..%2fkeys`
 * could otherwise make them call another route.
 */
export function isSoundPath(path: string): boolean {
  return path.split('/').every((part) => {
    const decoded = decodePart(part)
    return decoded !== null && !/[/\\?#]|^\.\.?$/.test(decoded)
  })
}

/** Decodes the percent-encoding of a part of an address; null if it is malformed. */
export function decodePart(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
