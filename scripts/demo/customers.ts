import type { Random } from './random.ts'

/** Where customers come from, and how often. */
const countries = {
  US: 24,
  DE: 16,
  GB: 10,
  FR: 8,
  JP: 6,
  NL: 5,
  CA: 5,
  BR: 5,
  IN: 5,
  AU: 4,
  CH: 3,
  SE: 3,
  ES: 3,
  PL: 2,
  IT: 2,
  MX: 2,
  ZA: 2,
  KR: 2,
  SG: 1,
  NZ: 1,
  NG: 1,
  VN: 1,
} as const
type Country = keyof typeof countries

const people: Partial<Record<Country, readonly string[]>> = {
  DE: ['Lena Fischer', 'Jürgen Voß', 'Aylin Demir', 'Tobias Krämer', 'Hannah Brandt'],
  FR: ['Chloé Martin', 'Étienne Laurent', 'Inès Moreau', 'Hugo Lefèvre'],
  JP: ['佐藤 美咲', '高橋 健', 'Yuki Tanaka', '伊藤 陽菜'],
  BR: ['João Pereira', 'Beatriz Souza', 'Thiago Almeida'],
  IN: ['Ananya Iyer', 'Rohan Mehta', 'Kavya Nair'],
  SE: ['Elsa Lindqvist', 'Oskar Åberg'],
  ES: ['Lucía Fernández', 'Álvaro Gómez'],
  PL: ['Zofia Kowalczyk', 'Michał Wiśniewski'],
  KR: ['김서연', '박지훈'],
  VN: ['Nguyễn Minh Anh'],
}
const others = [
  'Grace Whitfield',
  'Daniel Okafor',
  'Maya Sullivan',
  'Noah Bennett',
  'Ruth Castellano',
  'Samir Haddad',
  'Olivia Hart',
  'Ben Carver',
  'Naledi Khumalo',
  'Finn de Vries',
]

const trades = ['studio', 'bakery', 'press', 'labs', 'works', 'design', 'clinic', 'outdoor']
const places = [
  'northlight',
  'kupfer',
  'harbor',
  'fjord',
  'lumen',
  'tangerine',
  'oakline',
  'morgenrot',
  'papier',
  'saltwater',
  'atlas',
  'quince',
]

/** The addresses that documentation may use, so they belong to no one. */
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113']

export interface Customer {
  readonly name: string
  readonly email: string
  readonly country: string
  readonly address: string
  /** The domain of the customer's company. Names in `.example` belong to no one. */
  readonly domain: string
}

/** Invents a customer. `number` makes the email address and the domain unique. */
export function inventCustomer(random: Random, number: number): Customer {
  const country = random.pickWeighted(countries)
  const name = random.pick(people[country] ?? others)
  const company = `${random.pick(places)}-${random.pick(trades)}`
  const domain = `${company}${number % 7 === 0 ? `-${number}` : ''}.example`
  const first = name
    .normalize('NFD')
    .split(' ')
    .map((part) => part.replace(/[^a-z]/gi, '').toLowerCase())
    .filter((part) => part !== '')
  const mailbox = first.length === 0 ? 'office' : first.slice(0, 2).join('.')
  return {
    name,
    email: `${mailbox}${number}@${domain}`,
    country,
    address: `${random.pick(NETWORKS)}.${1 + random.below(254)}`,
    domain,
  }
}

const machines = ['MacBook Pro', 'ThinkPad', 'Surface', 'Mac mini', 'Workstation', 'XPS 15']
const sites = ['', 'shop.', 'blog.', 'members.', 'events.', 'docs.', 'magazin.', 'fr.', 'uk.']

/** Names a device of a customer, such as `Lena’s ThinkPad`. */
export function nameDevice(random: Random, { name }: Customer): string {
  return `${name.split(' ')[0]}’s ${random.pick(machines)}`
}

/** Returns different domains of a customer; an agency has one for each of its own customers. */
export function listDomains(random: Random, { domain }: Customer, count: number): string[] {
  const start = random.below(sites.length)
  return Array.from({ length: count }, (_, index) => {
    const site = sites[(start + index) % sites.length] ?? ''
    const client = places[(start + index * 5) % places.length] ?? ''
    return index < 2 ? `${site}${domain}` : `${site}${client}-${index}.example`
  })
}
