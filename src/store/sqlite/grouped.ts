import type { Store } from '../port.ts'
import type { FlatStore } from './flat.ts'

export function groupByNoun(flat: FlatStore): Store {
  return {
    products: {
      list: flat.listProducts,
      find: flat.findProduct,
      create: flat.createProduct,
      change: flat.changeProduct,
    },
    plans: {
      list: flat.listPlans,
      find: flat.findPlan,
      create: flat.createPlan,
      change: flat.changePlan,
    },
    apiKeys: {
      list: flat.listApiKeys,
      find: flat.findApiKey,
      create: flat.createApiKey,
      change: flat.changeApiKey,
      replaceReserved: flat.replaceReservedApiKey,
      recordUse: flat.recordApiKeyUse,
    },
    licenses: {
      create: flat.createLicenses,
      change: flat.changeLicense,
      changeMany: flat.changeLicenses,
      find: flat.findLicense,
      list: flat.listLicenses,
      notifyExpirations: flat.notifyExpirations,
    },
    validations: {
      findLicense: flat.findLicenseByKey,
      findActivationState: flat.findActivationState,
    },
    activations: {
      list: flat.listActivations,
      find: flat.findActivation,
      recordSeen: flat.recordActivationsSeen,
    },
    seats: { list: flat.listSeats },
    events: { list: flat.listEvents, find: flat.findEvent },
    endpoints: {
      list: flat.listEndpoints,
      find: flat.findEndpoint,
      create: flat.createEndpoint,
      change: flat.changeEndpoint,
      recover: flat.recoverDeliveries,
    },
    deliveries: {
      list: flat.listDeliveries,
      find: flat.findDelivery,
      listAttempts: flat.listAttempts,
      change: flat.changeDelivery,
      claim: flat.claimDeliveries,
      release: flat.releaseDeliveries,
    },
    maintenance: { cleanUp: flat.cleanUp, optimize: flat.maintain },
    customers: { erase: flat.eraseCustomer, listEvents: flat.listCustomerEvents },
    storedResponses: { find: flat.findStoredResponse },
    subscribe: flat.subscribe,
    ping: flat.ping,
    flush: flat.flush,
    close: flat.close,
  }
}
