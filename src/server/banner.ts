import type { AdminKey } from './bootstrap.ts'

/** Where the admin key is, in the one moment when it can be told. */
export function adminKeyLines(adminKey: AdminKey): readonly string[] {
  switch (adminKey.kind) {
    case 'printed':
      return [`Admin key, shown this once: ${adminKey.token}`]
    case 'written':
      return [`Admin key: in ${adminKey.path}`]
    case 'environment':
    case 'elsewhere':
      return []
    default:
      return adminKey satisfies never
  }
}

/**
 * The address and, while there is no license yet, two commands for a POSIX shell that end in
 * `"valid":true`.
 */
export function bannerLines(
  url: string,
  adminKey: AdminKey,
  hasLicenses: boolean,
): readonly string[] {
  const address = `Licet answers at ${url} (documentation: ${url}/swagger)`
  if (hasLicenses) return [address]
  // The certificate is our own, and seldom names the address of this machine.
  const curl = url.startsWith('https:') ? 'curl -sSk' : 'curl -sS'
  return [
    address,
    '',
    adminKey.kind === 'elsewhere'
      ? 'Create a license (with your admin key for ADMIN_KEY), then validate it:'
      : 'Create a license, then validate it:',
    '',
    `  KEY=$(${curl} ${url}/api/v1/licenses \\`,
    `    -H "Authorization: Bearer ${bearerOf(adminKey)}" -H 'Content-Type: application/json' \\`,
    `    -d '{"plan":"professional","customer_email":"dev@example.com"}' \\`,
    `    | sed -E 's/.*"key":"([^"]+)".*/\\1/'); echo "$KEY"`,
    '',
    `  ${curl} ${url}/api/v1/validate -H 'Content-Type: application/json' \\`,
    `    -d '{"key":"'"$KEY"'","domain":"example.com"}'`,
    '',
  ]
}

/** As it stands between double quotes. */
function bearerOf(adminKey: AdminKey): string {
  switch (adminKey.kind) {
    case 'printed':
      return adminKey.token
    case 'written':
      return `$(cat '${adminKey.path.replaceAll("'", `'\\''`)}')`
    case 'environment':
      return '$LICET_ADMIN_TOKEN'
    case 'elsewhere':
      return 'ADMIN_KEY'
    default:
      return adminKey satisfies never
  }
}
