/** The kinds of facts that a valid answer relies on. */
export type FactKind = 'key' | 'status' | 'feature' | 'place'

/** The name of a fact, such as `status lic_1`. It holds, or it does not. */
export type FactName = `${FactKind} ${string}`

/** A change of a fact at the primary. Changes of one fact never overlap. */
export interface FactChange {
  /** Null: nobody knows, because the response was lost or has not arrived. */
  holds: boolean | null
  readonly sentAtMs: number
  /** Infinite until the response arrives. */
  acknowledgedAtMs: number
  /** An answer to a request after this time must not rely on what was before. */
  knownAtMs: number
}

/** The answer to a validation, and all that it relied on if it is valid. */
export interface Answer {
  readonly askedAtMs: number
  readonly answeredAtMs: number
  readonly facts: readonly FactName[]
  /** `valid`, or the code of the refusal. */
  readonly verdict: string
}

/** The fact that each refusal denies. */
const deniedFacts: Readonly<Record<string, FactKind>> = {
  LICENSE_NOT_FOUND: 'key',
  LICENSE_SUSPENDED: 'status',
  LICENSE_REVOKED: 'status',
  FEATURE_NOT_INCLUDED: 'feature',
  DOMAIN_LIMIT_REACHED: 'place',
  DEVICE_LIMIT_REACHED: 'place',
  DOMAIN_NOT_ACTIVATED: 'place',
  DEVICE_NOT_ACTIVATED: 'place',
}

/** How long an edge may remember that a key is unknown. */
const UNKNOWN_KEY_MS = 2000
const DESCRIBED_MAX = 4

/** All changes of all facts, in the order of time, by one clock that never jumps. */
export class History {
  readonly #changes = new Map<FactName, FactChange[]>()

  /** Records that a change is sent, before it is. The outcome is unknown until `acknowledge`. */
  begin(name: FactName, nowMs: number): FactChange {
    const change = {
      holds: null,
      sentAtMs: nowMs,
      acknowledgedAtMs: Number.POSITIVE_INFINITY,
      knownAtMs: Number.POSITIVE_INFINITY,
    }
    this.#add(name, change)
    return change
  }

  /** Records what is true from the start. */
  note(name: FactName, holds: boolean, nowMs: number): void {
    const change = { holds, sentAtMs: nowMs, acknowledgedAtMs: nowMs, knownAtMs: nowMs }
    this.#add(name, change)
  }

  /** Records a change that an answer has revealed, unless the fact holds anyway. */
  noteRevealed(name: FactName, { askedAtMs, answeredAtMs }: Answer): void {
    if (this.#of(name).at(-1)?.holds === true) return
    const times = { acknowledgedAtMs: answeredAtMs, knownAtMs: answeredAtMs }
    this.#add(name, { holds: true, sentAtMs: askedAtMs, ...times })
  }

  /** Whether the last change of a fact made it true; null if that is unknown. */
  holds(name: FactName): boolean | null {
    return this.#of(name).at(-1)?.holds ?? null
  }

  /**
   * Records that the primary was stopped, and went on from a backup. `holdsWithout` decides on facts
   * that the backup does not have.
   */
  restore(
    backup: { readonly startedAtMs: number; readonly endedAtMs: number },
    outage: {
      readonly stoppedAtMs: number
      readonly startedAtMs: number
      readonly knownAtMs: number
    },
    holdsWithout: (name: FactName) => boolean | null,
  ): void {
    for (const [name, changes] of this.#changes) {
      const before = changes.findLast((each) => each.acknowledgedAtMs < backup.startedAtMs)
      const isUncertain = changes.some(
        (each) => each.sentAtMs <= backup.endedAtMs && each.acknowledgedAtMs >= backup.startedAtMs,
      )
      const holds = isUncertain ? null : before === undefined ? holdsWithout(name) : before.holds
      const { stoppedAtMs: sentAtMs, startedAtMs: acknowledgedAtMs, knownAtMs } = outage
      changes.push({ holds, sentAtMs, acknowledgedAtMs, knownAtMs })
    }
  }

  /** Returns why no order of the changes explains an answer; null if one does. */
  findContradiction(answer: Answer): string | null {
    if (answer.verdict === 'valid') return this.#findFalsehood(answer)
    const kind = deniedFacts[answer.verdict]
    const denied = answer.facts.find((name) => name.startsWith(`${kind} `))
    if (denied === undefined) return `${answer.verdict} denies nothing that was asked.`
    return this.#findDenial(answer, denied)
  }

  /** Lists the last changes of all facts of an answer, in ms before it was asked for. */
  describe({ askedAtMs, answeredAtMs, facts }: Answer): string {
    const ago = (atMs: number) => Math.round(atMs - askedAtMs)
    const lines = facts.map((name) => {
      const last = this.#of(name).slice(-DESCRIBED_MAX)
      const states = last.map(
        ({ holds, sentAtMs, acknowledgedAtMs, knownAtMs }) =>
          `${holds} (sent ${ago(sentAtMs)}, acknowledged ${ago(acknowledgedAtMs)}, known ${ago(knownAtMs)})`,
      )
      return `  ${name}: ${states.join(', ')}`
    })
    return [`  answered after ${Math.round(answeredAtMs - askedAtMs)} ms`, ...lines].join('\n')
  }

  /** Finds a fact that did not hold any more, and was known not to, whenever it was read. */
  #findFalsehood({ askedAtMs, answeredAtMs, facts }: Answer): string | null {
    for (const name of facts) {
      const changes = this.#of(name)
      const wrong = changes.findIndex(
        ({ holds, knownAtMs }, index) =>
          holds === false &&
          askedAtMs > knownAtMs &&
          answeredAtMs < this.#sendOfNext(changes, index, false),
      )
      const ended = changes[wrong]
      if (ended !== undefined) {
        const late = Math.round(askedAtMs - ended.knownAtMs)
        return `valid, although "${name}" had ended: asked ${late} ms too late.`
      }
    }
    return null
  }

  /** Finds out whether a fact held at the primary all the time, though it was denied. */
  #findDenial({ askedAtMs, answeredAtMs, verdict }: Answer, name: FactName): string | null {
    const changes = this.#of(name)
    const slackMs = verdict === 'LICENSE_NOT_FOUND' ? UNKNOWN_KEY_MS : 0
    const held = changes.some(
      ({ holds, acknowledgedAtMs }, index) =>
        holds === true &&
        askedAtMs > acknowledgedAtMs + slackMs &&
        answeredAtMs < this.#sendOfNext(changes, index, true),
    )
    return held ? `${verdict}, although "${name}" held all the time.` : null
  }

  /** Returns when the first later change was sent that may have ended this state of a fact. */
  #sendOfNext(changes: readonly FactChange[], index: number, state: boolean): number {
    const next = changes.slice(index + 1).find(({ holds }) => holds !== state)
    return next?.sentAtMs ?? Number.POSITIVE_INFINITY
  }

  #of(name: FactName): FactChange[] {
    return this.#changes.get(name) ?? []
  }

  #add(name: FactName, change: FactChange): void {
    this.#changes.set(name, [...this.#of(name), change])
  }
}
