import type { BodyOf, Calls, QueryOf } from './calls.ts'
import type { CallOptions } from './connection.ts'

/** The calls about licenses. `id` is the ID of a license: `lookup` finds it by its key. */
export type Licenses = ReturnType<typeof buildLicenses>

export function buildLicenses({ call, list }: Calls) {
  return {
    ...buildChanges({ call, list }),
    ...buildUses({ call, list }),
    /** Issues a license. */
    create: (body: BodyOf<'createLicense'>, options?: CallOptions) =>
      call('createLicense', { body, options }),
    /** Issues up to 1,000 licenses with the same values. */
    createMany: (body: BodyOf<'createLicenses'>, options?: CallOptions) =>
      call('createLicenses', { body, options }),
    get: (id: string, options?: CallOptions) => call('getLicense', { ids: [id], options }),
    /** Lists licenses, newest first. */
    list: (query?: QueryOf<'listLicenses'>, options?: CallOptions) =>
      list('listLicenses', { query, options }),
    /** Returns the license with this key, however the key is spelled. */
    lookup: (key: string, options?: CallOptions) =>
      call('lookupLicense', { body: { key }, options }),
    /** Finds licenses by a key or a part of it, an email address, a domain, a name, an ID … */
    search: (text: string, options?: CallOptions) =>
      call('searchLicenses', { body: { text }, options }),
    /** Returns the checks of a validation with their results, without counting it. */
    explain: (id: string, query?: QueryOf<'explainLicense'>, options?: CallOptions) =>
      call('explainLicense', { ids: [id], query, options }),
  }
}

function buildChanges({ call }: Calls) {
  return {
    /** Changes the fields that the body has. */
    update: (id: string, body: BodyOf<'updateLicense'>, options?: CallOptions) =>
      call('updateLicense', { ids: [id], body, options }),
    /** Ends a license for good. */
    revoke: (id: string, body: BodyOf<'revokeLicense'> = {}, options?: CallOptions) =>
      call('revokeLicense', { ids: [id], body, options }),
    /** Refuses all validations until the license is reinstated. */
    suspend: (id: string, body: BodyOf<'suspendLicense'> = {}, options?: CallOptions) =>
      call('suspendLicense', { ids: [id], body, options }),
    reinstate: (id: string, options?: CallOptions) =>
      call('reinstateLicense', { ids: [id], options }),
    /** Moves the end of the license: by the duration of its plan, by days, or to a time. */
    renew: (id: string, body: BodyOf<'renewLicense'> = {}, options?: CallOptions) =>
      call('renewLicense', { ids: [id], body, options }),
    /** Gives the license a new key. The old one is valid for as long as the body says. */
    rotateKey: (id: string, body: BodyOf<'rotateLicenseKey'> = {}, options?: CallOptions) =>
      call('rotateLicenseKey', { ids: [id], body, options }),
    /** Changes all licenses that match a filter. */
    changeMany: (body: BodyOf<'changeLicenses'>, options?: CallOptions) =>
      call('changeLicenses', { body, options }),
    /** Mails the customer, such as with the key. */
    mail: (id: string, body: BodyOf<'sendLicenseMail'>, options?: CallOptions) =>
      call('sendLicenseMail', { ids: [id], body, options }),
  }
}

function buildUses({ call, list }: Calls) {
  return {
    /** Lists the validations of a license. Each page has a `summary` of the whole range. */
    usage: (id: string, query?: QueryOf<'listLicenseUsage'>, options?: CallOptions) =>
      list('listLicenseUsage', { ids: [id], query, options }),
    /** Returns the validations of a license per hour or day. */
    usageSeries: (id: string, query: QueryOf<'getLicenseUsageSeries'>, options?: CallOptions) =>
      call('getLicenseUsageSeries', { ids: [id], query, options }),
    events: (id: string, query?: QueryOf<'listLicenseEvents'>, options?: CallOptions) =>
      list('listLicenseEvents', { ids: [id], query, options }),
    /** Lists the domains and devices on which a license is used. */
    activations: (id: string, query?: QueryOf<'listLicenseActivations'>, options?: CallOptions) =>
      list('listLicenseActivations', { ids: [id], query, options }),
    deleteActivation: (id: string, activationId: string, options?: CallOptions) =>
      call('deleteLicenseActivation', { ids: [id, activationId], options }),
    /** Issues a license file for a device or for domains that have no connection. */
    createFile: (id: string, body: BodyOf<'createLicenseFile'>, options?: CallOptions) =>
      call('createLicenseFile', { ids: [id], body, options }),
    /** Lists the license files that were issued, without their contents. */
    files: (id: string, query?: QueryOf<'listLicenseFiles'>, options?: CallOptions) =>
      list('listLicenseFiles', { ids: [id], query, options }),
    /** Moves an activation from one domain or device to another. */
    moveActivation: (id: string, body: BodyOf<'moveLicenseActivation'>, options?: CallOptions) =>
      call('moveLicenseActivation', { ids: [id], body, options }),
    seats: (id: string, query?: QueryOf<'listLicenseSeats'>, options?: CallOptions) =>
      list('listLicenseSeats', { ids: [id], query, options }),
    deleteSeat: (id: string, seatId: string, options?: CallOptions) =>
      call('deleteLicenseSeat', { ids: [id, seatId], options }),
  }
}
