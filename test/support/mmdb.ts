import ipaddr from 'ipaddr.js'

const RECORD_BYTES = 3
const SEPARATOR_BYTES = 16
const METADATA_MARK = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')

type Node = [Node | Buffer | null, Node | Buffer | null]

/** Builds a country database (MaxMind DB 2.0) from a map of networks to country codes. */
export function createCountryDatabase(
  countries: Readonly<Record<string, string>>,
  ipVersion: 4 | 6 = 6,
): Buffer {
  const root: Node = [null, null]
  for (const [network, country] of Object.entries(countries)) {
    put(root, bitsOf(network, ipVersion), encode({ country: { iso_code: country } }))
  }
  const nodes = collect(root)
  const leaves: Buffer[] = []
  let leafBytes = 0
  const recordOf = (child: Node | Buffer | null): number => {
    if (child === null) return nodes.length
    if (Array.isArray(child)) return nodes.indexOf(child)
    const record = nodes.length + SEPARATOR_BYTES + leafBytes
    leaves.push(child)
    leafBytes += child.length
    return record
  }
  const tree = Buffer.alloc(nodes.length * RECORD_BYTES * 2)
  for (const [index, node] of nodes.entries()) {
    for (const [side, child] of node.entries()) {
      tree.writeUIntBE(recordOf(child), (index * 2 + side) * RECORD_BYTES, RECORD_BYTES)
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test-Country',
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: RECORD_BYTES * 8,
  })
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...leaves, METADATA_MARK, metadata])
}

/** Returns the bits of a network; IPv4 in an IPv6 database starts with 96 zero bits. */
function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address, prefix] = ipaddr.parseCIDR(network)
  const bytes = address.toByteArray()
  const bits = bytes.flatMap((byte) => [...byte.toString(2).padStart(8, '0')].map(Number))
  const lead = address.kind() === 'ipv4' && ipVersion === 6 ? Array<number>(96).fill(0) : []
  return [...lead, ...bits.slice(0, prefix)]
}

function put(root: Node, bits: readonly number[], leaf: Buffer): void {
  let node = root
  for (const bit of bits.slice(0, -1)) {
    const child = node[bit]
    const next: Node = Array.isArray(child) ? child : [null, null]
    node[bit] = next
    node = next
  }
  node[bits.at(-1) ?? 0] = leaf
}

function collect(node: Node): Node[] {
  return [node, ...node.flatMap((child) => (Array.isArray(child) ? collect(child) : []))]
}

type Value = number | string | { readonly [name: string]: Value }

function encode(value: Value): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([Buffer.from([(6 << 5) | 4]), bytes])
  }
  if (typeof value === 'string') {
    return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)])
  }
  const entries = Object.entries(value)
  const parts = entries.flatMap(([name, inner]) => [encode(name), encode(inner)])
  return Buffer.concat([Buffer.from([(7 << 5) | entries.length]), ...parts])
}
