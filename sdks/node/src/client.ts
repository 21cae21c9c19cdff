import {
  type ActivateRequest,
  type Activation,
  activate,
  type DeactivateRequest,
  deactivate,
} from './activations.ts'
import { type CheckRequest, type Checks, createChecks } from './checks.ts'
import { type Context, createContext } from './context.ts'
import {
  createOfflineRequest,
  type ImportRequest,
  importFile,
  importRevocations,
  type OfflineCodeRequest,
  type OfflineRequestCode,
  returnFile,
} from './files.ts'
import type { LicetOptions, Target } from './options.ts'
import type { Platform } from './platform.ts'
import { type HoldRequest, holdSeat, type SeatHold } from './seat-hold.ts'
import {
  type AcquireRequest,
  acquireSeat,
  presentSeat,
  releaseSeat,
  renewSeat,
  type Seat,
  type SeatRequest,
} from './seats.ts'
import type { State } from './state.ts'
import { type ValidateRequest, type Validation, validate } from './validations.ts'

/** Floating seats, which many devices share. */
export interface Seats {
  acquire(request?: AcquireRequest): Promise<Seat>
  renew(id: string, request?: SeatRequest): Promise<Seat>
  release(id: string, request?: SeatRequest): Promise<void>
  /** Acquires a seat that renews itself: `await using seat = await licet.seats.hold()`. */
  hold(request?: HoldRequest): Promise<SeatHold>
}

/** The part of the client that is the same on all platforms. See `Licet`. */
export class LicetClient {
  readonly seats: Seats
  readonly #context: Context
  readonly #checks: Checks

  constructor(options: LicetOptions, platform: Platform) {
    const context = createContext(options, platform)
    this.#context = context
    this.#checks = createChecks(context)
    this.seats = {
      acquire: async (request = {}) => presentSeat(await acquireSeat(context, request)),
      renew: async (id, request = {}) => presentSeat(await renewSeat(context, id, request)),
      release: (id, request = {}) => releaseSeat(context, id, request),
      hold: (request = {}) => holdSeat(context, request),
    }
  }

  /**
   * Decides whether the app may run: call it at launch, and as often as you like. Never throws because
   * of the network, the server or the store. Returns at once if a stored license allows it.
   */
  check(request: CheckRequest = {}): Promise<State> {
    return this.#checks.check(request)
  }

  /** Resolves when no check is working in the background. Await it before you end the process. */
  whenIdle(): Promise<void> {
    return this.#checks.whenIdle()
  }

  /**
   * Asks the server in any case. A refusal is returned, not thrown. Throws `NoAnswer`, and
   * `LicetProblem` if the request was wrong.
   */
  validate(request: ValidateRequest = {}): Promise<Validation> {
    return validate(this.#context, request)
  }

  /**
   * Activates the domain, or else the device. Repeating it returns the same activation. Throws
   * `LicetProblem` with the code of the refusal, such as `DEVICE_LIMIT_REACHED`, and `NoAnswer`.
   */
  activate(request: ActivateRequest = {}): Promise<Activation> {
    return activate(this.#context, request)
  }

  /** Frees the slot of the domain, or else of the device. Throws `LicetProblem` and `NoAnswer`. */
  deactivate(request: DeactivateRequest = {}): Promise<Activation> {
    return deactivate(this.#context, request)
  }

  /** Imports a license file. Throws `TokenError` if it is not for this app and device. */
  importFile(text: string, request: ImportRequest = {}): Promise<State> {
    return importFile(this.#context, text, request)
  }

  /** Imports a revocation feed on a device without a connection. Throws `TokenError`. */
  importRevocations(text: string, request: ImportRequest = {}): Promise<State> {
    return importRevocations(this.#context, text, request)
  }

  /** Returns the code with which a device without a connection asks for a license file. */
  createOfflineRequest(request: OfflineCodeRequest = {}): Promise<OfflineRequestCode> {
    return createOfflineRequest(this.#context, request)
  }

  /** Deletes the license file, and returns the code that frees its slot. */
  returnFile(target: Target = {}): Promise<string> {
    return returnFile(this.#context, target)
  }
}
