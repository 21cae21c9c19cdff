import { createHash } from 'node:crypto'

const MACHINE_ID = '4c4c4544004d3510805ac4c04f4a3532'
const RANDOM_ID = '00112233445566778899aabbccddeeff'
const APP_ID = 'com.example.editor'

/** Machine IDs as the operating systems give them. */
const machines: readonly (readonly [appId: string, machineId: string, note: string])[] = [
  [APP_ID, MACHINE_ID, 'Linux: /etc/machine-id'],
  [APP_ID, `${MACHINE_ID}\n`, 'the line end of the file does not count'],
  [APP_ID, `  ${MACHINE_ID}\r\n`, 'nor does other white space around it'],
  [APP_ID, '564D3A2F-7B1C-4E0A-9C3D-2F6B8A1E5D40', 'macOS: IOPlatformUUID, in its own case'],
  [APP_ID, '564d3a2f-7b1c-4e0a-9c3d-2f6b8a1e5d40', 'Windows: MachineGuid, in its own case'],
  ['com.example.viewer', MACHINE_ID, 'another app has another fingerprint'],
  ['größe.例', MACHINE_ID, 'an app ID outside of ASCII is hashed in UTF-8'],
]

interface Sources {
  readonly option: string | null
  readonly environment: string | null
  readonly container: boolean
  readonly machineId: string | null
  readonly random: string
}

const none: Sources = {
  option: null,
  environment: null,
  container: false,
  machineId: null,
  random: RANDOM_ID,
}

const byMachine = { kind: 'machine', value: hash(APP_ID, MACHINE_ID) }
const byRandom = { kind: 'random', value: hash(APP_ID, RANDOM_ID) }

type SourceRow = readonly [
  description: string,
  sources: Partial<Sources>,
  expected: { readonly kind: string; readonly value: string },
]

const sourceRows: readonly SourceRow[] = [
  ['The ID of the operating system is hashed.', { machineId: MACHINE_ID }, byMachine],
  [
    'In a container, the ID of the operating system is not used.',
    { machineId: MACHINE_ID, container: true },
    byRandom,
  ],
  ['Without any ID, a random one is hashed.', {}, byRandom],
  ['An ID of blanks is none.', { machineId: ' \n' }, byRandom],
  [
    'The variable is used as it is.',
    { environment: 'rack-7', machineId: MACHINE_ID },
    { kind: 'environment', value: 'rack-7' },
  ],
  [
    'The variable is used in a container, too.',
    { environment: 'rack-7', container: true },
    { kind: 'environment', value: 'rack-7' },
  ],
  ['An empty variable is none.', { environment: '', machineId: MACHINE_ID }, byMachine],
  ['A variable of blanks is none.', { environment: '  ', machineId: MACHINE_ID }, byMachine],
  [
    'The option comes first, and is used as it is.',
    { option: 'device-1', environment: 'rack-7', machineId: MACHINE_ID },
    { kind: 'option', value: 'device-1' },
  ],
  [
    'An empty option is none.',
    { option: '', environment: 'rack-7' },
    { kind: 'environment', value: 'rack-7' },
  ],
]

type StoreRow = readonly [
  key: string,
  product: string | null,
  fingerprint: string | null,
  domain: string | null,
  note: string,
]

const KEY = 'TO-7Q4M-X0ZD-9KTB-2F17'
const storeRows: readonly StoreRow[] = [
  [KEY, 'acme-editor', 'device-1', null, 'a device'],
  [KEY, 'acme-editor', null, 'example.com', 'a domain'],
  [KEY, null, null, null, 'a key alone'],
  [KEY, 'acme-viewer', 'device-1', null, 'another product'],
  [KEY, 'acme-editor', 'device-1', 'example.com', 'a device and a domain'],
  [
    'MY-OLD-SHOP-KEY-0001',
    'acme-editor',
    'Gerät-龍',
    null,
    'an imported key, and a fingerprint outside of ASCII',
  ],
]

/** Returns the contents of `fingerprints.json`. */
export function buildFingerprintVectors() {
  return {
    about: [
      'Fingerprints and the names of stored files: see README.md, "Fingerprints".',
      '"machines": the fingerprint of a machine ID. "sources": which source decides ("fingerprint source" cases); "container" is true in a container, "random" is the ID in the store. "stores": the name of the file of a record.',
    ],
    machines: machines.map(([appId, machineId, note]) => ({
      appId,
      machineId,
      fingerprint: hash(appId, machineId),
      note,
    })),
    sources: sourceRows.map(([description, sources, expected]) => ({
      description,
      appId: APP_ID,
      ...none,
      ...sources,
      expected,
    })),
    stores: storeRows.map(([key, product, fingerprint, domain, note]) => ({
      key,
      product,
      fingerprint,
      domain,
      name: `licet-${sha256(`${key}\n${product ?? ''}\n${fingerprint ?? ''}\n${domain ?? ''}`).slice(0, 16)}.json`,
      note,
    })),
  }
}

function hash(appId: string, machineId: string): string {
  return sha256(`licet-fp-v1\n${appId}\n${machineId.trim()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
