import { testKeys } from '../test-keys.ts'
import { listAnswerScenarios } from './answers.ts'
import { listCallScenarios } from './calls.ts'
import { listFailureScenarios } from './failures.ts'
import { listSeatScenarios } from './seats.ts'

/** Returns the contents of `http.json`. */
export function buildHttpVectors() {
  return {
    about: [
      'Scenarios that fixture.ts plays: see README.md, "The client" and "The fixture server". "replies" is for the server: a runner does not read it.',
      'Make a client for the address of the scenario with the options in "client" and an empty store. If "pinned" is true, pin "publicKeys", otherwise nothing. Then make the calls of "steps" one after the other, and compare what they return or throw with "expected": of a state, only the members that are there. Before a next step, wait for "thenRequests", and for background work to end.',
      '"client": "restarted" is a new client with the same store; "empty" one with an empty store. Steps after it use that client, too.',
      'At the end, compare the log with "requests". The members are described in source/http/scenario.ts.',
    ],
    publicKeys: [testKeys.active.x, testKeys.next.x],
    scenarios: [
      ...listAnswerScenarios(),
      ...listFailureScenarios(),
      ...listCallScenarios(),
      ...listSeatScenarios(),
    ],
  }
}
