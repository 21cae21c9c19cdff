import type { AdminKey } from './bootstrap.ts'

/** Returns the lines that say where the admin API key is, if that is known. */
export function adminKeyLines(adminKey: AdminKey): readonly string[] {
  if (adminKey.kind === 'printed') {
    return [`Admin API key (shown only once, so save it now): ${adminKey.token}`]
  }
  return adminKey.kind === 'file' ? [`The admin API key is in ${adminKey.path}`] : []
}

/** Returns the line with the link that signs in to the dashboard once, if there is one. */
export function setupLines(url: string, setupPath: string | null): readonly string[] {
  if (setupPath === null) return []
  return [`Sign in to the dashboard (works once, for 15 minutes): ${url}${setupPath}`]
}

/**
 * Returns the lines that are printed once the server listens. Without any license, they contain two
 * shell commands that create and validate one.
 */
export function bannerLines(url: string, adminKey: AdminKey, hasLicenses: boolean) {
  const address = `Licet is running at ${url} (API documentation: ${url}/swagger)`
  if (hasLicenses) return [address]
  // Over https, the certificate rarely names the local address.
  const curl = url.startsWith('https:') ? 'curl -sSk' : 'curl -sS'
  return [
    address,
    '',
    adminKey.kind === 'unknown'
      ? 'Create a license, then validate it (replace ADMIN_KEY with your admin API key):'
      : 'Create a license, then validate it:',
    '',
    `  KEY=$(${curl} ${url}/api/v1/licenses \\`,
    `    -H "Authorization: Bearer ${shellToken(adminKey)}" -H 'Content-Type: application/json' \\`,
    `    -d '{"plan":"professional","customer_email":"dev@example.com"}' \\`,
    `    | sed -E 's/.*"key":"([^"]+)".*/\\1/'); echo "$KEY"`,
    '',
    `  ${curl} ${url}/api/v1/validate -H 'Content-Type: application/json' \\`,
    `    -d '{"key":"'"$KEY"'","domain":"example.com"}'`,
    '',
  ]
}

/** Returns shell text for the token, to be placed between double quotes. */
function shellToken(adminKey: AdminKey): string {
  switch (adminKey.kind) {
    case 'printed':
      return adminKey.token
    case 'file':
      return `$(cat '${adminKey.path.replaceAll("'", `'\\''`)}')`
    case 'environment':
      return '$LICET_ADMIN_TOKEN'
    case 'unknown':
      return 'ADMIN_KEY'
    default:
      return adminKey satisfies never
  }
}
