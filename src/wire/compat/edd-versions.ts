/**
 * The response of `get_version`, as the class EDD_SL_Plugin_Updater of WordPress plugins reads it:
 * https://easydigitaldownloads.com/docs/software-licensing-api/#get_version. Licet stores no releases,
 * so the vendor sets the version, the address of the package and the rest on the plan.
 */

/** The product for which a request has asked about updates. */
export interface VersionView {
  /** Returns what the license or its plan says, such as `edd_version`; null for nothing. */
  readonly read: (name: string) => string | null
  readonly productName: string
  readonly slug: string
  /** Whether the license is valid for the site of the request, which may then download the package. */
  readonly isValid: boolean
  /** Whether the site wants versions that are not stable yet. */
  readonly wantsBeta: boolean
  /** A sentence for the user of the plugin; null for none. */
  readonly message: string | null
}

/** Presents the version that the plan names. Without one, nothing is newer than what is installed. */
export function presentVersion({ read, productName, slug, ...view }: VersionView): object {
  const text = (name: string) => read(`edd_${name}`) ?? ''
  const stable = text('version')
  const beta = view.wantsBeta ? text('beta_version') : ''
  const source = beta === '' ? text('package') : text('beta_package')
  const file = view.isValid ? source : ''
  const sections = { description: text('description'), changelog: text('changelog') }
  return {
    new_version: beta === '' ? stable : beta,
    stable_version: stable,
    name: read('edd_item_name') ?? productName,
    slug,
    url: text('changelog_url'),
    last_updated: text('last_updated'),
    homepage: text('homepage'),
    package: file,
    download_link: file,
    sections: serialize(sections),
    banners: serialize({ high: text('banner_high'), low: text('banner_low') }),
    icons: serialize(dropEmpty({ '1x': text('icon_1x'), '2x': text('icon_2x') })),
    ...dropEmpty({
      tested: text('tested'),
      requires: text('requires'),
      requires_php: text('requires_php'),
      msg: view.message ?? (stable === '' ? 'No version is set for this product.' : ''),
    }),
  }
}

/** Presents a request whose license or product cannot be told, or do not belong together. */
export function presentNoVersion(message: string): object {
  return {
    new_version: '',
    stable_version: '',
    sections: '',
    license_check: '',
    msg: message,
    homepage: '',
    package: '',
    icons: [],
    banners: [],
  }
}

/** Returns an array in the serialization format of PHP, in which texts are measured in bytes. */
export function serialize(fields: Readonly<Record<string, string>>): string {
  const entries = Object.entries(fields)
  const parts = entries.flatMap(([name, value]) => [toPhp(name), toPhp(value)])
  return `a:${entries.length}:{${parts.join('')}}`
}

const toPhp = (text: string) => `s:${new TextEncoder().encode(text).length}:"${text}";`

const dropEmpty = (fields: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
