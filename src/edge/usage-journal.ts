import { existsSync, mkdirSync, promises, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const NAME = /^([0-9a-f]{16})-(\d+)-(\d+)-(\d+)-(\d+)\.batch$/
const UNFINISHED = /\.new$/
const REFUSED = '.refused'

/** A batch in the journal. Its numbers from `first` to `number` were merged into one. */
export interface Place {
  readonly run: string
  readonly first: number
  readonly number: number
  /** The time of its first validation. */
  readonly sinceMs: number
  /** The number of its validations. */
  readonly count: number
}

export interface StoredPlace extends Place {
  readonly bytes: number
}

export type Journal = ReturnType<typeof createJournal>

/**
 * Keeps batches on disk until they are delivered, a file for each. A file is complete as soon as it has
 * its name, and starts with a checksum, because a damaged disk must not invent validations.
 */
export function createJournal(dataDirectory: string) {
  const directory = join(dataDirectory, 'usage')
  const pathOf = (place: Place) => join(directory, formatName(place))
  const refusedPathOf = (place: Place) => pathOf(place) + REFUSED

  const listNames = () => (existsSync(directory) ? readdirSync(directory) : [])
  const withBytes = (place: Place, path: string) => ({ ...place, bytes: statSync(path).size })

  /** After a power cut, a batch that was deleted would be back otherwise, and later ones be unsure. */
  async function syncDirectory(): Promise<void> {
    const handle = await promises.open(directory, 'r')
    await handle.sync().finally(() => handle.close())
  }

  return {
    /** Lists what an earlier process has left behind, oldest first. Deletes what is merged elsewhere. */
    list(): readonly StoredPlace[] {
      const names = listNames()
      for (const name of names) if (UNFINISHED.test(name)) tryToDelete(join(directory, name))
      const places = names.flatMap((name) => parseName(name) ?? [])
      const covered = places.filter((place) => places.some((other) => covers(other, place)))
      for (const place of covered) tryToDelete(pathOf(place))
      return places
        .filter((place) => !covered.includes(place))
        .map((place) => withBytes(place, pathOf(place)))
        .sort(compareRuns(places))
    },
    /** Lists what was set aside, oldest first. */
    listRefused(): readonly StoredPlace[] {
      const names = listNames().filter((name) => name.endsWith(REFUSED))
      const places = names.flatMap((name) => parseName(name.slice(0, -REFUSED.length)) ?? [])
      return places.map((place) => withBytes(place, refusedPathOf(place))).sort(compareRuns(places))
    },
    /** Writes a batch, in place of an earlier state of it. It is on disk when the promise resolves. */
    async write(place: Place, body: string, earlier: Place | null): Promise<void> {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const unfinished = `${pathOf(place)}.new`
      try {
        await writeDurably(unfinished, `${checksum(body)}\n${body}`)
        await promises.rename(unfinished, pathOf(place))
      } catch (error) {
        tryToDelete(unfinished)
        throw error
      }
      await syncDirectory()
      // If it is still there after a power cut, the later one covers it.
      if (earlier !== null && formatName(earlier) !== formatName(place))
        tryToDelete(pathOf(earlier))
    },
    /** Reads a batch. Throws if it was damaged or is gone. */
    async read(place: Place): Promise<string> {
      const text = await promises.readFile(pathOf(place), 'utf8')
      const body = text.slice(text.indexOf('\n') + 1)
      if (text === `${checksum(body)}\n${body}`) return body
      throw new Error('its checksum is wrong')
    },
    async delete(place: Place): Promise<void> {
      await promises.rm(pathOf(place), { force: true })
      await syncDirectory()
    },
    /** Gives a batch another name, so that it is kept but not sent. Returns its path. */
    async setAside(place: Place): Promise<string> {
      const target = refusedPathOf(place)
      await promises.rename(pathOf(place), target)
      return target
    },
    deleteRefused: (place: Place): Promise<void> =>
      promises.rm(refusedPathOf(place), { force: true }),
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await promises.open(path, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const formatName = ({ run, first, number, sinceMs, count }: Place) =>
  `${run}-${first}-${number}-${sinceMs}-${count}.batch`

function parseName(name: string): Place | null {
  const [, run, ...numbers] = NAME.exec(name) ?? []
  const [first, number, sinceMs, count] = numbers.map(Number)
  if (run === undefined || first === undefined || number === undefined) return null
  return { run, first, number, sinceMs: sinceMs ?? 0, count: count ?? 0 }
}

/**
 * Returns whether a batch was merged into another, or is an earlier state of it, which a process that
 * ended has not deleted.
 */
function covers(other: Place, place: Place): boolean {
  if (other === place || other.run !== place.run) return false
  if (other.first !== place.first || other.number !== place.number)
    return other.first <= place.first && place.number <= other.number
  return other.count > place.count || (other.count === place.count && other.sinceMs < place.sinceMs)
}

/** Orders runs by their first validation, and the batches of a run by their numbers. */
function compareRuns(places: readonly Place[]) {
  const sinceMs = new Map<string, number>()
  for (const place of places) {
    sinceMs.set(place.run, Math.min(sinceMs.get(place.run) ?? place.sinceMs, place.sinceMs))
  }
  const startOf = ({ run }: Place) => sinceMs.get(run) ?? 0
  return (one: Place, other: Place) =>
    startOf(one) - startOf(other) ||
    (one.run < other.run ? -1 : 1) * Number(one.run !== other.run) ||
    one.number - other.number
}

/** A directory that cannot be written can still be read. */
function tryToDelete(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Skipped at the next start as well.
  }
}

const checksum = (body: string) => Bun.hash.crc32(body).toString(16).padStart(8, '0')
