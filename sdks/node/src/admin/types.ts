// Written from openapi.json by scripts/write-types.ts.

/** The input and the response of each management operation, by its operation ID. */
export interface Operations {
  readonly getMetrics: {
    readonly query: unknown
    readonly body: undefined
    readonly response: string
  }
  readonly listProducts: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: ProductPage
  }
  readonly createProduct: {
    readonly query: unknown
    readonly body: CreateProductRequest
    readonly response: Product
  }
  readonly getProduct: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Product
  }
  readonly updateProduct: {
    readonly query: unknown
    readonly body: UpdateProductRequest
    readonly response: Product
  }
  readonly listPlans: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: PlanPage
  }
  readonly createPlan: {
    readonly query: unknown
    readonly body: CreatePlanRequest
    readonly response: Plan
  }
  readonly getPlan: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Plan
  }
  readonly updatePlan: {
    readonly query: unknown
    readonly body: UpdatePlanRequest
    readonly response: Plan
  }
  readonly deletePlan: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly getPlanEffects: {
    readonly query: {
      /** The limit to try, a number. */
      readonly max_domains?: number
      /** The limit to try, a number. */
      readonly max_devices?: number
      /** The limit to try, a number. */
      readonly max_seats?: number
    }
    readonly body: undefined
    readonly response: PlanEffects
  }
  readonly listPlanUses: {
    readonly query: unknown
    readonly body: undefined
    readonly response: PlanUses
  }
  readonly createLicense: {
    readonly query: unknown
    readonly body: CreateLicenseRequest
    readonly response: License
  }
  readonly listLicenses: {
    readonly query: {
      /** One of active, suspended, expired and revoked. */
      readonly status?: LicenseStatus
      /** Slug of a plan. */
      readonly plan?: string
      /** Slug of a product. */
      readonly product?: string
      /** The full email address of a customer. */
      readonly customer_email?: string
      /** An activated domain. */
      readonly domain?: string
      /** Your own reference to the license. */
      readonly external_ref?: string
      /** Expires before this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly expires_before?: string
      /** Expires after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly expires_after?: string
      /** Created after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly created_after?: string
      /** The start of an email address or name, a full ID, or the last four characters of a key. Case and accents do not matter. */
      readonly q?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: LicensePage
  }
  readonly createLicenses: {
    readonly query: unknown
    readonly body: CreateLicensesRequest
    readonly response: LicenseList
  }
  readonly lookupLicense: {
    readonly query: unknown
    readonly body: LookupLicenseRequest
    readonly response: License
  }
  readonly exportLicenses: {
    readonly query: {
      /** One of active, suspended, expired and revoked. */
      readonly status?: LicenseStatus
      /** Slug of a plan. */
      readonly plan?: string
      /** Slug of a product. */
      readonly product?: string
      /** The full email address of a customer. */
      readonly customer_email?: string
      /** An activated domain. */
      readonly domain?: string
      /** Your own reference to the license. */
      readonly external_ref?: string
      /** Expires before this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly expires_before?: string
      /** Expires after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly expires_after?: string
      /** Created after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
      readonly created_after?: string
      /** The start of an email address or name, a full ID, or the last four characters of a key. Case and accents do not matter. */
      readonly q?: string
      /** `csv` or `ndjson`; `csv` by default. */
      readonly format?: 'csv' | 'ndjson'
      /** Whether to export full keys, which needs the scope `licenses:reveal`. */
      readonly reveal?: boolean
    }
    readonly body: undefined
    readonly response: string
  }
  readonly searchLicenses: {
    readonly query: unknown
    readonly body: SearchRequest
    readonly response: SearchResponse
  }
  readonly getLicense: {
    readonly query: unknown
    readonly body: undefined
    readonly response: License
  }
  readonly updateLicense: {
    readonly query: unknown
    readonly body: UpdateLicenseRequest
    readonly response: License
  }
  readonly deleteLicense: {
    readonly query: unknown
    readonly body: undefined
    readonly response: License
  }
  readonly suspendLicense: {
    readonly query: unknown
    readonly body: ReasonRequest
    readonly response: License
  }
  readonly reinstateLicense: {
    readonly query: unknown
    readonly body: undefined
    readonly response: License
  }
  readonly revokeLicense: {
    readonly query: unknown
    readonly body: ReasonRequest
    readonly response: License
  }
  readonly renewLicense: {
    readonly query: unknown
    readonly body: RenewLicenseRequest
    readonly response: License
  }
  readonly revealLicenseKey: {
    readonly query: unknown
    readonly body: undefined
    readonly response: LicenseKey
  }
  readonly rotateLicenseKey: {
    readonly query: unknown
    readonly body: RotateLicenseKeyRequest
    readonly response: License
  }
  readonly changeLicenses: {
    readonly query: unknown
    readonly body: ChangeLicensesRequest
    readonly response: ChangedLicenses
  }
  readonly createLicenseFile: {
    readonly query: unknown
    readonly body: CreateLicenseFileRequest
    readonly response: IssuedLicenseFile
  }
  readonly listLicenseFiles: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: LicenseFilePage
  }
  readonly explainLicense: {
    readonly query: {
      /** The host name where the app runs, or a URL that contains it. */
      readonly domain?: string
      /** A stable identifier of the device, 1–255 characters, not only spaces. */
      readonly fingerprint?: string
      /** The slug of the product that the app expects. */
      readonly product?: string
      /** Names of the features that the app requests, separated by commas. */
      readonly features?: string
      /** An RFC 3339 time such as 2027-03-06T00:00:00Z; now by default. */
      readonly at?: string
    }
    readonly body: undefined
    readonly response: Explanation
  }
  readonly listLicenseActivations: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: ActivationPage
  }
  readonly deleteLicenseActivation: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Activation
  }
  readonly moveLicenseActivation: {
    readonly query: unknown
    readonly body: MoveActivationRequest
    readonly response: Activation
  }
  readonly listLicenseSeats: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: SeatPage
  }
  readonly deleteLicenseSeat: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Seat
  }
  readonly listEvents: {
    readonly query: {
      /** An event type, or a group such as `license.*`. */
      readonly type?: string
      /** ID of a license. */
      readonly license_id?: string
      /** ID of an event: lists the events after it, oldest first. */
      readonly after?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: EventPage
  }
  readonly getEvent: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Event
  }
  readonly listLicenseEvents: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: EventPage
  }
  readonly listAuditEntries: {
    readonly query: {
      /** The ID or slug of what was changed. */
      readonly subject_id?: string
      /** The ID of an actor, such as `key_…` or `stripe`, or a kind, such as `operator`. */
      readonly actor?: string
      /** An action, or a group such as `license.*`. */
      readonly action?: string
      /** The number of an entry: lists the entries after it, oldest first. */
      readonly after?: number
      /** Only entries at this RFC 3339 time or later, such as 2027-03-06T00:00:00Z. */
      readonly from?: string
      /** Only entries at this RFC 3339 time or earlier, such as 2027-03-06T00:00:00Z. */
      readonly to?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: AuditEntryPage
  }
  readonly sendLicenseMail: {
    readonly query: unknown
    readonly body: SendMailRequest
    readonly response: Mail
  }
  readonly listMails: {
    readonly query: {
      /** ID of a license. */
      readonly license_id?: string
      /** Whether the mail was accepted by the mail server, is waiting, was refused, or is no longer needed. */
      readonly state?: MailState
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: MailPage
  }
  readonly getMail: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Mail
  }
  readonly retryMail: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Mail
  }
  readonly testMail: {
    readonly query: unknown
    readonly body: TestMailRequest
    readonly response: TestMail
  }
  readonly listWebhooks: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: WebhookPage
  }
  readonly createWebhook: {
    readonly query: unknown
    readonly body: CreateWebhookRequest
    readonly response: WebhookWithSecret
  }
  readonly getWebhook: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Webhook
  }
  readonly updateWebhook: {
    readonly query: unknown
    readonly body: UpdateWebhookRequest
    readonly response: Webhook
  }
  readonly deleteWebhook: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly rotateWebhookSecret: {
    readonly query: unknown
    readonly body: undefined
    readonly response: WebhookWithSecret
  }
  readonly testWebhook: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Webhook
  }
  readonly recoverWebhookDeliveries: {
    readonly query: unknown
    readonly body: RecoverDeliveriesRequest
    readonly response: RecoveredDeliveries
  }
  readonly listWebhookDeliveries: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: DeliveryPage
  }
  readonly listDeliveries: {
    readonly query: {
      /** One of pending, delivered and failed. */
      readonly status?: DeliveryStatus
      /** An event type, or a group such as `license.*`. */
      readonly type?: string
      /** ID of a webhook endpoint. */
      readonly webhook_id?: string
      /** Created at this RFC 3339 time or later. */
      readonly after?: string
      /** Created before this RFC 3339 time. */
      readonly before?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: DeliveryPage
  }
  readonly getDelivery: {
    readonly query: unknown
    readonly body: undefined
    readonly response: DeliveryWithAttempts
  }
  readonly retryDelivery: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Delivery
  }
  readonly listCheckoutEvents: {
    readonly query: {
      /** One of received, done, ignored, test, unmatched, waiting_for_customer, waiting_for_purchase, failed. */
      readonly state?: CheckoutState
      /** One of stripe, paddle, lemonsqueezy, polar, standard. The last is any other shop that signs with Standard Webhooks. */
      readonly provider?: CheckoutProvider
      /** The provider's name of a type of events. */
      readonly type?: string
      /** ID of a license: lists the events about its purchase. */
      readonly license_id?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: CheckoutEventPage
  }
  readonly getCheckoutEvent: {
    readonly query: {
      /** Whether to show what leads to license keys, which needs the scope `licenses:reveal`; by default true for API keys with that scope, and false for sessions. */
      readonly reveal?: boolean
    }
    readonly body: undefined
    readonly response: CheckoutEventWithBody
  }
  readonly replayCheckoutEvent: {
    readonly query: unknown
    readonly body: ReplayCheckoutEventRequest
    readonly response: CheckoutEvent
  }
  readonly dryRunCheckoutEvent: {
    readonly query: unknown
    readonly body: DryRunCheckoutEventRequest
    readonly response: CheckoutDryRun
  }
  readonly listCheckoutRules: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: CheckoutRulePage
  }
  readonly createCheckoutRule: {
    readonly query: unknown
    readonly body: CreateCheckoutRuleRequest
    readonly response: CheckoutRule
  }
  readonly getCheckoutRule: {
    readonly query: unknown
    readonly body: undefined
    readonly response: CheckoutRule
  }
  readonly updateCheckoutRule: {
    readonly query: unknown
    readonly body: UpdateCheckoutRuleRequest
    readonly response: CheckoutRule
  }
  readonly deleteCheckoutRule: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly listLicenseUsage: {
    readonly query: {
      /** Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z. */
      readonly from?: string
      /** End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z. */
      readonly to?: string
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: LicenseUsagePage
  }
  readonly getLicenseUsageSeries: {
    readonly query: {
      /** The period of each count: an `hour` or a `day`, which is the default. */
      readonly interval?: UsageInterval
      /** Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z. */
      readonly from?: string
      /** End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z. */
      readonly to?: string
    }
    readonly body: undefined
    readonly response: UsageSeries
  }
  readonly getUsageSeries: {
    readonly query: {
      /** The period of each count: an `hour` or a `day`, which is the default. */
      readonly interval?: UsageInterval
      /** Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z. */
      readonly from?: string
      /** End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z. */
      readonly to?: string
      /** Slug of a product. */
      readonly product?: string
      /** Slug of a plan. */
      readonly plan?: string
    }
    readonly body: undefined
    readonly response: UsageSeries
  }
  readonly getUsageSummary: {
    readonly query: {
      /** Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z. */
      readonly from?: string
      /** End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z. */
      readonly to?: string
      /** Slug of a product. */
      readonly product?: string
      /** Slug of a plan. */
      readonly plan?: string
    }
    readonly body: undefined
    readonly response: UsageSummary
  }
  readonly eraseCustomer: {
    readonly query: unknown
    readonly body: CustomerRequest
    readonly response: Erasure
  }
  readonly exportCustomer: {
    readonly query: unknown
    readonly body: CustomerRequest
    readonly response: CustomerExport
  }
  readonly exportUsage: {
    readonly query: {
      /** Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z. */
      readonly from?: string
      /** End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z. */
      readonly to?: string
      /** `csv` or `ndjson`; `csv` by default. */
      readonly format?: 'csv' | 'ndjson'
    }
    readonly body: undefined
    readonly response: string
  }
  readonly listApiKeys: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: ApiKeyPage
  }
  readonly createApiKey: {
    readonly query: unknown
    readonly body: CreateApiKeyRequest
    readonly response: CreatedApiKey
  }
  readonly revokeApiKey: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly listOperators: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: OperatorPage
  }
  readonly createOperator: {
    readonly query: unknown
    readonly body: CreateOperatorRequest
    readonly response: Operator
  }
  readonly updateOperator: {
    readonly query: unknown
    readonly body: UpdateOperatorRequest
    readonly response: Operator
  }
  readonly createSetupLink: {
    readonly query: unknown
    readonly body: undefined
    readonly response: SetupLink
  }
  readonly listSessions: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: SessionPage
  }
  readonly endSessions: {
    readonly query: {
      /** Whether the session of this request is kept. Default: false. */
      readonly keep_own?: 'true' | 'false'
    }
    readonly body: undefined
    readonly response: EndedSessions
  }
  readonly endSession: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly getSettings: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Settings
  }
  readonly getOverview: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Overview
  }
  readonly listEdges: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: EdgePage
  }
  readonly createEdge: {
    readonly query: unknown
    readonly body: CreateEdgeRequest
    readonly response: CreatedEdge
  }
  readonly getEdge: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Edge
  }
  readonly revokeEdge: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly getBackupSchedule: {
    readonly query: unknown
    readonly body: undefined
    readonly response: BackupSchedule
  }
  readonly listBackups: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: BackupPage
  }
  readonly createBackup: {
    readonly query: unknown
    readonly body: undefined
    readonly response: NewBackup
  }
  readonly getBackup: {
    readonly query: unknown
    readonly body: undefined
    readonly response: Backup
  }
  readonly deleteBackup: {
    readonly query: unknown
    readonly body: undefined
    readonly response: undefined
  }
  readonly verifyBackup: {
    readonly query: unknown
    readonly body: undefined
    readonly response: BackupVerification
  }
  readonly downloadBackup: {
    readonly query: unknown
    readonly body: undefined
    readonly response: string
  }
  readonly listJobs: {
    readonly query: unknown
    readonly body: undefined
    readonly response: JobList
  }
  readonly runJob: {
    readonly query: unknown
    readonly body: undefined
    readonly response: JobRun
  }
  readonly listPortalLicenses: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: PortalLicensePage
  }
  readonly getPortalLicense: {
    readonly query: unknown
    readonly body: undefined
    readonly response: PortalLicense
  }
  readonly revealPortalKey: {
    readonly query: unknown
    readonly body: undefined
    readonly response: PortalKey
  }
  readonly listPortalActivations: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: ActivationPage
  }
  readonly releasePortalActivation: {
    readonly query: unknown
    readonly body: undefined
    readonly response: PortalLicense
  }
  readonly listPortalSeats: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: SeatPage
  }
  readonly createPortalFile: {
    readonly query: unknown
    readonly body: PortalFileRequest
    readonly response: IssuedLicenseFile
  }
  readonly listPortalFiles: {
    readonly query: {
      /** The page size, 1–100; 20 by default. */
      readonly limit?: number
      /** The `next_cursor` of the previous page. */
      readonly cursor?: string
    }
    readonly body: undefined
    readonly response: LicenseFilePage
  }
  readonly returnPortalFile: {
    readonly query: unknown
    readonly body: PortalReturnRequest
    readonly response: LicenseFile
  }
  readonly readEdgeFeed: {
    readonly query: {
      /** The process, because several may have the same token: an ID of its data directory, and the number of its start there. */
      readonly process?: string
      /** The position up to which the edge has applied all changes. */
      readonly after?: string
      /** For how long it answers from memory after its lease, in ms. An integer of 0 or more. */
      readonly stale_ms?: number
      /** The time up to which all its validations are delivered, in ms. An integer of 0 or more. */
      readonly usage_until_ms?: number
      /** How long to wait for a change, in ms; at most 1000, the default. An integer of 0 or more. */
      readonly wait_ms?: number
      /** Sent by an edge that has given up all its facts, as before it stops. */
      readonly empty?: 'true'
    }
    readonly body: undefined
    readonly response: EdgeFeed
  }
  readonly readEdgeFacts: {
    readonly query: unknown
    readonly body: EdgeFactsRequest
    readonly response: EdgeFacts
  }
  readonly sendEdgeUsage: {
    readonly query: unknown
    readonly body: EdgeUsageRequest
    readonly response: EdgeUsageReceipt
  }
}

/** One page of a list. */
export interface ProductPage {
  readonly data: readonly Product[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A product with its key prefix. */
export interface Product {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly slug: string
  readonly name: string
  /** The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed. */
  readonly key_prefix: string
}

export interface CreateProductRequest {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly slug: string
  /** A name of 1–200 characters. */
  readonly name: string
  /** The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed. */
  readonly key_prefix: string
}

export interface UpdateProductRequest {
  /** A name of 1–200 characters. */
  readonly name?: string
}

/** One page of a list. */
export interface PlanPage {
  readonly data: readonly Plan[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** An offer of a product: limits, features and duration. */
export interface Plan {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly slug: string
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly product: string
  readonly name: string
  /** The features of its licenses, a map from names to values. Default: {}. */
  readonly features: Readonly<Record<string, FeatureValue>>
  /** The maximum number of domains; null for no limit. Default: null. */
  readonly max_domains: number | null
  /** The maximum number of devices; null for no limit. Default: null. */
  readonly max_devices: number | null
  /** The maximum number of seats in use at once; null for no limit. Default: null. */
  readonly max_seats: number | null
  /** How many days a license is valid; null for a perpetual license. Default: null. */
  readonly duration_days: number | null
  /** When the `duration_days` start: `creation` or `first_validation`. Default: "creation". */
  readonly starts_on: 'creation' | 'first_validation'
  /** Days after the expiration during which a license stays valid, with the warning IN_GRACE. Default: 0. */
  readonly grace_days: number
  /** `automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate does. Default: "automatic". */
  readonly activation: 'automatic' | 'explicit'
  /** Whether a validation must include a domain. If not, apps that omit it are not limited. Default: false. */
  readonly require_domain: boolean
  /** Whether a validation must include a fingerprint. If not, apps that omit it are not limited. Default: false. */
  readonly require_fingerprint: boolean
  /** `exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains. Default: "exact". */
  readonly domain_match: 'exact' | 'subdomains'
  /** Whether localhost, private addresses, .test and similar domains take no slot. Default: true. */
  readonly development_domains_free: boolean
  /** Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com` always. Default: []. */
  readonly free_domain_patterns: readonly string[]
  /** How many free hosts a license may have for each activated domain, and before the first one. Default: 3. */
  readonly free_domains_per_domain: number
  /** How long a seat is held without being renewed. Default: 300. */
  readonly seat_lease_seconds: number
  /** Whether apps can free slots with /deactivate. Default: true. */
  readonly self_deactivation: boolean
  /** A new domain or device may take a slot that has been idle for this many days; null for never. Default: null. */
  readonly evict_idle_days: number | null
  /** How many slots apps can free with /deactivate in 30 days; null for no limit. Default: null. */
  readonly deactivations_max_per_30_days: number | null
  /** Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected. Default: null. */
  readonly sharing: SharingThresholds | null
  /** How long apps work without the server, with a signed lease or a license file; null for not at all. Default: {"refresh_days":1,"valid_days":7,"hard_days":30,"file_days":365}. */
  readonly offline: OfflineTerms | null
  /** For how many days an app may borrow a seat; 0 if it may not. Default: 0. */
  readonly borrow_days_max: number
  /** Limits that nothing enforces, each with the reason. */
  readonly notices: readonly string[]
  /** When it was deleted while revoked licenses had it. They still show it. */
  readonly archived_at: string | null
}

export interface CreatePlanRequest {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly slug: string
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly product: string
  /** A name of 1–200 characters. */
  readonly name: string
  /** The features of its licenses, a map from names to values. Default: {}. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** The maximum number of domains; null for no limit. Default: null. */
  readonly max_domains?: number | null
  /** The maximum number of devices; null for no limit. Default: null. */
  readonly max_devices?: number | null
  /** The maximum number of seats in use at once; null for no limit. Default: null. */
  readonly max_seats?: number | null
  /** How many days a license is valid; null for a perpetual license. Default: null. */
  readonly duration_days?: number | null
  /** When the `duration_days` start: `creation` or `first_validation`. Default: "creation". */
  readonly starts_on?: 'creation' | 'first_validation'
  /** Days after the expiration during which a license stays valid, with the warning IN_GRACE. Default: 0. */
  readonly grace_days?: number
  /** `automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate does. Default: "automatic". */
  readonly activation?: 'automatic' | 'explicit'
  /** Whether a validation must include a domain. If not, apps that omit it are not limited. Default: false. */
  readonly require_domain?: boolean
  /** Whether a validation must include a fingerprint. If not, apps that omit it are not limited. Default: false. */
  readonly require_fingerprint?: boolean
  /** `exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains. Default: "exact". */
  readonly domain_match?: 'exact' | 'subdomains'
  /** Whether localhost, private addresses, .test and similar domains take no slot. Default: true. */
  readonly development_domains_free?: boolean
  /** Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com` always. Default: []. */
  readonly free_domain_patterns?: readonly string[]
  /** How many free hosts a license may have for each activated domain, and before the first one. Default: 3. */
  readonly free_domains_per_domain?: number
  /** How long a seat is held without being renewed. Default: 300. */
  readonly seat_lease_seconds?: number
  /** Whether apps can free slots with /deactivate. Default: true. */
  readonly self_deactivation?: boolean
  /** A new domain or device may take a slot that has been idle for this many days; null for never. Default: null. */
  readonly evict_idle_days?: number | null
  /** How many slots apps can free with /deactivate in 30 days; null for no limit. Default: null. */
  readonly deactivations_max_per_30_days?: number | null
  /** Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected. Default: null. */
  readonly sharing?: SharingThresholds | null
  /** How long apps work without the server, with a signed lease or a license file; null for not at all. Default: {"refresh_days":1,"valid_days":7,"hard_days":30,"file_days":365}. */
  readonly offline?: OfflineTermsRequest | null
  /** For how many days an app may borrow a seat; 0 if it may not. Default: 0. */
  readonly borrow_days_max?: number
}

export interface UpdatePlanRequest {
  /** A name of 1–200 characters. */
  readonly name?: string
  /** The features of its licenses, a map from names to values. Default: {}. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** The maximum number of domains; null for no limit. Default: null. */
  readonly max_domains?: number | null
  /** The maximum number of devices; null for no limit. Default: null. */
  readonly max_devices?: number | null
  /** The maximum number of seats in use at once; null for no limit. Default: null. */
  readonly max_seats?: number | null
  /** How many days a license is valid; null for a perpetual license. Default: null. */
  readonly duration_days?: number | null
  /** When the `duration_days` start: `creation` or `first_validation`. Default: "creation". */
  readonly starts_on?: 'creation' | 'first_validation'
  /** Days after the expiration during which a license stays valid, with the warning IN_GRACE. Default: 0. */
  readonly grace_days?: number
  /** `automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate does. Default: "automatic". */
  readonly activation?: 'automatic' | 'explicit'
  /** Whether a validation must include a domain. If not, apps that omit it are not limited. Default: false. */
  readonly require_domain?: boolean
  /** Whether a validation must include a fingerprint. If not, apps that omit it are not limited. Default: false. */
  readonly require_fingerprint?: boolean
  /** `exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains. Default: "exact". */
  readonly domain_match?: 'exact' | 'subdomains'
  /** Whether localhost, private addresses, .test and similar domains take no slot. Default: true. */
  readonly development_domains_free?: boolean
  /** Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com` always. Default: []. */
  readonly free_domain_patterns?: readonly string[]
  /** How many free hosts a license may have for each activated domain, and before the first one. Default: 3. */
  readonly free_domains_per_domain?: number
  /** How long a seat is held without being renewed. Default: 300. */
  readonly seat_lease_seconds?: number
  /** Whether apps can free slots with /deactivate. Default: true. */
  readonly self_deactivation?: boolean
  /** A new domain or device may take a slot that has been idle for this many days; null for never. Default: null. */
  readonly evict_idle_days?: number | null
  /** How many slots apps can free with /deactivate in 30 days; null for no limit. Default: null. */
  readonly deactivations_max_per_30_days?: number | null
  /** Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected. Default: null. */
  readonly sharing?: SharingThresholds | null
  /** How long apps work without the server, with a signed lease or a license file; null for not at all. Default: {"refresh_days":1,"valid_days":7,"hard_days":30,"file_days":365}. */
  readonly offline?: OfflineTermsRequest | null
  /** For how many days an app may borrow a seat; 0 if it may not. Default: 0. */
  readonly borrow_days_max?: number
}

/** The licenses of a plan that would be over its limits. */
export interface PlanEffects {
  /** One entry for each limit of the request. */
  readonly over: readonly PlanEffect[]
}

/** How many licenses have each plan. */
export interface PlanUses {
  readonly data: readonly PlanUse[]
}

/** The license with its key. */
export interface License {
  readonly id: string
  /** The license key; masked without the scope `licenses:reveal`, and in responses to sessions. */
  readonly key: string
  readonly status: LicenseStatus
  /** Slug of the product. */
  readonly product: string
  /** Slug of the plan. */
  readonly plan: string
  /** A map from feature names to true, false, a number or a string. */
  readonly features: Readonly<Record<string, FeatureValue>>
  /** The fields that override the plan. */
  readonly overrides: readonly OverrideName[]
  /** Null after the customer has been erased, or if there is none. */
  readonly customer_email: string | null
  readonly customer_name: string | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_domains: number | null
  /** The 100 oldest activated domains. */
  readonly domains: readonly string[]
  /** The number of domains that take a slot. */
  readonly domains_count: number
  /** An integer of 0 or more, or null for no limit. */
  readonly max_devices: number | null
  /** The number of activated devices. */
  readonly devices: number
  /** An integer of 0 or more, or null for no limit. */
  readonly max_seats: number | null
  readonly created_at: string
  /** The last change through the management API. */
  readonly updated_at: string
  readonly expires_at: string | null
  /** Present until the first validation starts the term of the license. */
  readonly starts_on?: 'first_validation'
  readonly activated_at: string | null
  readonly suspended_at: string | null
  readonly suspension_reason: string | null
  readonly suspension_cause: SuspensionCause | null
  readonly revoked_at: string | null
  readonly last_validated_at: string | null
  /** The number of valid validations. */
  readonly validation_count: number
  /** A map from names to a string, a number, true, false or null. */
  readonly metadata: Readonly<Record<string, MetadataValue>>
  readonly external_ref: string | null
  readonly purchase: LicensePurchase | null
  /** The ETag. Only management changes increase it. */
  readonly version: number
}

export interface CreateLicenseRequest {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan: string
  /** An email address such as dev@example.com. Case does not matter. */
  readonly customer_email: string
  /** A name of 1–200 characters. */
  readonly customer_name?: string | null
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string | null
  /** A map from feature names of 1–64 characters to true, false, a number or a string. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** An integer of 0 or more, or null for no limit. */
  readonly max_domains?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_devices?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_seats?: number | null
  /** A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null. */
  readonly metadata?: Readonly<Record<string, MetadataValue>>
  /** Your own reference to the license, such as an order number: 1–255 characters. */
  readonly external_ref?: string | null
  /** An existing license key to import. */
  readonly key?: string
  /** Domains to activate. */
  readonly domains?: readonly string[]
  /** Whether to return the licenses of the same product that already have this `external_ref`, with status 200, instead of creating others. */
  readonly reuse?: boolean
}

/** One of active, suspended, expired and revoked. */
export type LicenseStatus = 'active' | 'suspended' | 'expired' | 'revoked'

/** One page of a list. */
export interface LicensePage {
  readonly data: readonly License[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A list of licenses. */
export interface LicenseList {
  readonly data: readonly License[]
}

export interface CreateLicensesRequest {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan: string
  /** An email address such as dev@example.com. Case does not matter. */
  readonly customer_email: string
  /** A name of 1–200 characters. */
  readonly customer_name?: string | null
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string | null
  /** A map from feature names of 1–64 characters to true, false, a number or a string. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** An integer of 0 or more, or null for no limit. */
  readonly max_domains?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_devices?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_seats?: number | null
  /** A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null. */
  readonly metadata?: Readonly<Record<string, MetadataValue>>
  /** Your own reference to the license, such as an order number: 1–255 characters. */
  readonly external_ref?: string | null
  /** An existing license key to import. */
  readonly key?: string
  /** Domains to activate. */
  readonly domains?: readonly string[]
  /** Whether to return the licenses of the same product that already have this `external_ref`, with status 200, instead of creating others. */
  readonly reuse?: boolean
  /** The number of licenses, 1–1000. */
  readonly quantity: number
}

export interface LookupLicenseRequest {
  /** The license key, as the customer entered it. */
  readonly key: string
}

/** Licenses that match a text. */
export interface SearchResponse {
  readonly reading: SearchReading
  /** The best matches first, and the newest license first among equals. */
  readonly data: readonly SearchMatch[]
  /** Whether there are or may be more matches. Then search for a longer text. */
  readonly has_more: boolean
}

export interface SearchRequest {
  /** Whatever a customer says: a license key (also mistyped or masked), an email address or its domain, words of a name, a site, a reference, or an ID. 1–4096 characters. */
  readonly text: string
}

export interface UpdateLicenseRequest {
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan?: string
  /** An email address such as dev@example.com. Case does not matter. */
  readonly customer_email?: string
  /** A name of 1–200 characters. */
  readonly customer_name?: string | null
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string | null
  /** A map from feature names of 1–64 characters to true, false, a number or a string. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** An integer of 0 or more, or null for no limit. */
  readonly max_domains?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_devices?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_seats?: number | null
  /** A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null. */
  readonly metadata?: Readonly<Record<string, MetadataValue>>
  /** Your own reference to the license, such as an order number: 1–255 characters. */
  readonly external_ref?: string | null
  /** The end of a license that has started and gets a new `plan`: `keep` keeps it, `plan` applies the duration of the new plan from now. */
  readonly expiry?: 'keep' | 'plan'
  /** Overrides to remove, so that the values of the plan apply again. */
  readonly inherit?: readonly OverrideName[]
}

export interface ReasonRequest {
  /** The reason, up to 500 characters; null for none. */
  readonly reason?: string | null
}

/** Send a new expiration or a number of days to add. By default, the duration of the plan is added. */
export interface RenewLicenseRequest {
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string
  /** Days to add, 1–36500. They count from the expiration, or from now if it has passed. */
  readonly days?: number
}

/** The key of a license in full. */
export interface LicenseKey {
  readonly key: string
}

export interface RotateLicenseKeyRequest {
  /** How many hours the old key keeps working, 0–720; 0 by default. */
  readonly overlap_hours?: number
}

/** The licenses that were selected, after the action. In a dry run, the first of them as they are. */
export interface ChangedLicenses {
  readonly data: readonly License[]
  /** True if nothing was changed. */
  readonly dry_run?: boolean
  /** In a dry run: the number of licenses that are selected. */
  readonly count?: number
  /** In a dry run: how many of them would change. */
  readonly changed?: number
  /** In a dry run: the IDs of the first 100 of them. */
  readonly ids?: readonly string[]
}

/** Send either ids or a filter. Use `reason` with suspend and revoke, `days` or `expires_at` with renew, and the fields of a license with update. */
export interface ChangeLicensesRequest {
  readonly action: 'suspend' | 'reinstate' | 'revoke' | 'renew' | 'update'
  /** IDs of up to 1000 licenses. */
  readonly ids?: readonly string[]
  readonly filter?: LicenseFilter
  /** Whether to only say what would change, and change nothing. */
  readonly dry_run?: boolean
  /** The reason, up to 500 characters; null for none. */
  readonly reason?: string | null
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string | null
  /** Days to add, 1–36500. They count from the expiration, or from now if it has passed. */
  readonly days?: number
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan?: string
  /** An email address such as dev@example.com. Case does not matter. */
  readonly customer_email?: string
  /** A name of 1–200 characters. */
  readonly customer_name?: string | null
  /** A map from feature names of 1–64 characters to true, false, a number or a string. */
  readonly features?: Readonly<Record<string, FeatureValue>>
  /** An integer of 0 or more, or null for no limit. */
  readonly max_domains?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_devices?: number | null
  /** An integer of 0 or more, or null for no limit. */
  readonly max_seats?: number | null
  /** A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null. */
  readonly metadata?: Readonly<Record<string, MetadataValue>>
  /** Your own reference to the license, such as an order number: 1–255 characters. */
  readonly external_ref?: string | null
  /** The end of a license that has started and gets a new `plan`: `keep` keeps it, `plan` applies the duration of the new plan from now. */
  readonly expiry?: 'keep' | 'plan'
  /** Overrides to remove, so that the values of the plan apply again. */
  readonly inherit?: readonly OverrideName[]
}

/** A new license file with its text, which is not stored. */
export interface IssuedLicenseFile {
  /** The `jti` of its token. */
  readonly id: string
  /** When it stops working; null if it works for as long as the license. */
  readonly expires_at: string | null
  /** Whether it works on one device only. */
  readonly fingerprint_bound: boolean
  /** The domains it is bound to, such as `example.com` or `*.example.com`; empty if it is bound to none. */
  readonly domains: readonly string[]
  /** The IDs of the activations it relies on. */
  readonly activations: readonly string[]
  /** The signed file, to be saved or pasted as it is. */
  readonly file: string
}

export interface CreateLicenseFileRequest {
  /** A stable identifier of the device, 1–255 characters, not only spaces. */
  readonly fingerprint?: string
  /** The name of the device, up to 200 characters. */
  readonly name?: string
  /** Up to 20 domains to activate and to bind the file to. */
  readonly domains?: readonly string[]
  /** How many days the file is valid, 1–3650; at most `offline.file_days` of the plan, which is the default. */
  readonly days?: number
  /** Whether the customer also gets the file by email. */
  readonly mail?: boolean
}

/** One page of a list. */
export interface LicenseFilePage {
  readonly data: readonly LicenseFile[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** The result of every check of a validation, in order. */
export interface Explanation {
  readonly valid: boolean
  readonly error: VerdictError | null
  /** Limits of the license that nothing enforces, each with the reason. */
  readonly notices: readonly string[]
  readonly checks: readonly ExplanationCheck[]
}

/** One page of a list. */
export interface ActivationPage {
  readonly data: readonly Activation[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A domain or device on which a license is used. */
export interface Activation {
  readonly id: string
  readonly license_id: string
  /** Whether `value` is a domain or the fingerprint of a device. */
  readonly kind: 'domain' | 'device'
  /** The normalized domain, or the fingerprint of the device. */
  readonly value: string
  /** The name that the app gave the device. */
  readonly name: string | null
  /** Whether the activation takes no slot, as a development domain or through a free pattern of the plan. */
  readonly free: boolean
  readonly created_at: string
  /** When it was last validated or activated, accurate to the hour. */
  readonly last_seen_at: string
  /** ISO 3166-1 alpha-2 code of the country where it was last seen. */
  readonly country: string | null
  /** Its ID in the API of another product, if it came from there. */
  readonly external_id?: string
}

export interface MoveActivationRequest {
  /** The ID or the value of the activation to move. */
  readonly from: string
  /** The new domain, or the new fingerprint. */
  readonly to: string
}

/** One page of a list. */
export interface SeatPage {
  readonly data: readonly Seat[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A floating seat of a license. */
export interface Seat {
  readonly id: string
  readonly license_id: string
  readonly fingerprint: string
  readonly name: string | null
  readonly acquired_at: string
  readonly expires_at: string
  /** For how many days an app has borrowed the seat; null if it renews a usual lease. */
  readonly borrowed_days: number | null
}

/** One page of a list. */
export interface EventPage {
  readonly data: readonly Event[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A change to a license, a customer or a webhook endpoint. */
export interface Event {
  readonly id: string
  readonly type: EventType
  readonly timestamp: string
  /** Null if the event concerns no license. */
  readonly license_id: string | null
  /** The position of the event among those of its license, starting at 1. */
  readonly sequence: number | null
  /** The `data` that is sent to webhook endpoints. */
  readonly data: Readonly<Record<string, unknown>>
}

/** One page of a list. */
export interface AuditEntryPage {
  readonly data: readonly AuditEntry[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** An email to the customer of a license. */
export interface Mail {
  readonly id: string
  readonly license_id: string
  readonly kind: MailKind
  /** The address as of the last attempt; null once the customer was erased. */
  readonly customer_email: string | null
  readonly state: MailState
  /** Why the last attempt failed, or why the mail was canceled. */
  readonly reason: string | null
  /** The `Message-ID` header, which is the same in every attempt. */
  readonly message_id: string
  /** The number of attempts so far. */
  readonly tries: number
  readonly next_try_at: string | null
  readonly created_at: string
  readonly sent_at: string | null
}

export interface SendMailRequest {
  /** The license key, which is the default. */
  readonly kind?: 'key'
}

/** Whether the mail was accepted by the mail server, is waiting, was refused, or is no longer needed. */
export type MailState = 'pending' | 'sent' | 'failed' | 'canceled'

/** One page of a list. */
export interface MailPage {
  readonly data: readonly Mail[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** The result of a test email. */
export interface TestMail {
  readonly state: TestMailState
  /** Why it was not sent; null if it was. */
  readonly reason: string | null
  /** The `Message-ID` header, to find the email in the logs. */
  readonly message_id: string
}

export interface TestMailRequest {
  /** An email address such as dev@example.com. Case does not matter. */
  readonly to: string
}

/** One page of a list. */
export interface WebhookPage {
  readonly data: readonly Webhook[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A webhook endpoint with its new secret. */
export interface WebhookWithSecret {
  readonly id: string
  readonly url: string
  readonly events: readonly string[]
  readonly description: string | null
  /** False while the endpoint is paused by you or disabled by the server. */
  readonly enabled: boolean
  readonly disabled_reason: 'gone' | 'failing' | null
  readonly failing_since: string | null
  readonly created_at: string
  /** Shown only once; null when the response is replayed. */
  readonly secret: string | null
}

export interface CreateWebhookRequest {
  readonly url: string
  readonly events?: readonly string[]
  /** The purpose of the endpoint, up to 500 characters; null for none. */
  readonly description?: string | null
  readonly enabled?: boolean
}

/** A webhook endpoint. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly events: readonly string[]
  readonly description: string | null
  /** False while the endpoint is paused by you or disabled by the server. */
  readonly enabled: boolean
  readonly disabled_reason: 'gone' | 'failing' | null
  readonly failing_since: string | null
  readonly created_at: string
}

export interface UpdateWebhookRequest {
  readonly url?: string
  readonly events?: readonly string[]
  /** The purpose of the endpoint, up to 500 characters; null for none. */
  readonly description?: string | null
  readonly enabled?: boolean
}

/** The result of a recovery. */
export interface RecoveredDeliveries {
  /** The number of deliveries that will be sent again. */
  readonly recovered: number
}

export interface RecoverDeliveriesRequest {
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly since: string
}

/** One page of a list. */
export interface DeliveryPage {
  readonly data: readonly Delivery[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** One of pending, delivered and failed. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed'

/** A delivery with all of its attempts. */
export interface DeliveryWithAttempts {
  readonly id: string
  readonly webhook_id: string
  readonly event_id: string
  readonly event_type: EventType
  readonly status: DeliveryStatus
  /** The number of attempts so far. */
  readonly tries: number
  readonly next_try_at: string | null
  readonly created_at: string
  readonly attempts: readonly DeliveryAttempt[]
}

/** The delivery of one event to one webhook endpoint. */
export interface Delivery {
  readonly id: string
  readonly webhook_id: string
  readonly event_id: string
  readonly event_type: EventType
  readonly status: DeliveryStatus
  /** The number of attempts so far. */
  readonly tries: number
  readonly next_try_at: string | null
  readonly created_at: string
}

export type CheckoutState =
  | 'received'
  | 'done'
  | 'ignored'
  | 'test'
  | 'unmatched'
  | 'waiting_for_customer'
  | 'waiting_for_purchase'
  | 'failed'

/** One of stripe, paddle, lemonsqueezy, polar, standard. The last is any other shop that signs with Standard Webhooks. */
export type CheckoutProvider = 'stripe' | 'paddle' | 'lemonsqueezy' | 'polar' | 'standard'

/** One page of a list. */
export interface CheckoutEventPage {
  readonly data: readonly CheckoutEvent[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** An event from a shop, with its raw body. */
export interface CheckoutEventWithBody {
  readonly id: string
  readonly provider: CheckoutProvider
  /** The label in the address of the endpoint. */
  readonly endpoint: string | null
  /** The provider's name of the type. */
  readonly type: string | null
  /** The provider's ID of the event. */
  readonly event_id: string | null
  readonly mode: CheckoutMode | null
  readonly state: CheckoutState
  /** Why it is in this state, and what you can do. */
  readonly reason: string | null
  /** The provider's reference that it waits for. */
  readonly waiting_for: string | null
  /** The reference of the order or subscription that it is about. */
  readonly purchase: string | null
  readonly effects: readonly CheckoutEffect[]
  readonly rules: readonly CheckoutRuleUse[]
  readonly occurred_at: string | null
  readonly received_at: string
  readonly processed_at: string | null
  /** The number of failed attempts to process it. */
  readonly tries: number
  readonly next_try_at: string | null
  /** Whether the raw event is still stored. */
  readonly has_event: boolean
  /** The items of the purchase now; empty if no event has named them yet. */
  readonly items: readonly CheckoutItem[]
  /** The event as the shop sent it; null once it is deleted. It may contain keys, and IDs that lead to keys, so without the scope `licenses:reveal`, and to sessions that do not ask for it, it is null too. */
  readonly event: Readonly<Record<string, unknown>> | null
}

/** An event from a shop, and its effects. */
export interface CheckoutEvent {
  readonly id: string
  readonly provider: CheckoutProvider
  /** The label in the address of the endpoint. */
  readonly endpoint: string | null
  /** The provider's name of the type. */
  readonly type: string | null
  /** The provider's ID of the event. */
  readonly event_id: string | null
  readonly mode: CheckoutMode | null
  readonly state: CheckoutState
  /** Why it is in this state, and what you can do. */
  readonly reason: string | null
  /** The provider's reference that it waits for. */
  readonly waiting_for: string | null
  /** The reference of the order or subscription that it is about. */
  readonly purchase: string | null
  readonly effects: readonly CheckoutEffect[]
  readonly rules: readonly CheckoutRuleUse[]
  readonly occurred_at: string | null
  readonly received_at: string
  readonly processed_at: string | null
  /** The number of failed attempts to process it. */
  readonly tries: number
  readonly next_try_at: string | null
  /** Whether the raw event is still stored. */
  readonly has_event: boolean
}

export interface ReplayCheckoutEventRequest {
  /** Whether the customer gets the keys again by email. By default no mail is sent. */
  readonly mail?: boolean
}

/** The effects that an event would have. Nothing was changed. */
export interface CheckoutDryRun {
  /** The provider's name of the type. */
  readonly type: string | null
  /** The provider's ID of the event. */
  readonly event_id: string | null
  readonly mode: CheckoutMode | null
  readonly state: CheckoutState
  /** Why it is in this state, and what you can do. */
  readonly reason: string | null
  /** The provider's reference that it waits for. */
  readonly waiting_for: string | null
  /** The reference of the order or subscription that it is about. */
  readonly purchase: string | null
  readonly effects: readonly CheckoutEffect[]
  readonly rules: readonly CheckoutRuleUse[]
  readonly occurred_at: string | null
}

/** Send either a provider and its event, or the ID of an event. */
export interface DryRunCheckoutEventRequest {
  readonly provider?: CheckoutProvider
  /** The JSON of an event, as the provider sends it. It needs no signature. */
  readonly event?: Readonly<Record<string, unknown>>
  /** ID of an event that is stored. */
  readonly event_id?: string
}

/** One page of a list. */
export interface CheckoutRulePage {
  readonly data: readonly CheckoutRule[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A rule that maps what was bought to a plan, and says what follows from a purchase. */
export interface CheckoutRule {
  readonly id: string
  /** Starts at 1, and advances with every change. */
  readonly version: number
  readonly provider: CheckoutProvider | null
  /** The ID of the price or variant that was bought. */
  readonly price: string | null
  /** The ID of the Stripe payment link (plink_…) that was used. */
  readonly payment_link: string | null
  /** The ID of the product that was bought. */
  readonly product: string | null
  /** The text in `metadata.licet_plan`, if it is not the slug of a plan. */
  readonly metadata_plan: string | null
  /** Slug of the plan. */
  readonly plan: string
  /** Whether a quantity is the number of licenses, or a limit of one license. */
  readonly quantity_means: 'licenses' | 'seats' | 'devices'
  /** How many hours a license stays valid after the paid period, 0–8760. */
  readonly slack_hours: number
  /** Whether a failed payment suspends the license. */
  readonly past_due: 'suspend' | 'nothing'
  /** How many days after the failed payment it is suspended, 0–365. */
  readonly past_due_days: number
  /** Whether a full refund revokes the license. */
  readonly full_refund: 'revoke' | 'nothing'
  /** Whether a partial refund revokes the license. */
  readonly partial_refund: 'revoke' | 'nothing'
  /** Whether a dispute suspends the license. */
  readonly dispute: 'suspend' | 'nothing'
  /** Whether a lost dispute revokes the license. */
  readonly dispute_lost: 'revoke' | 'nothing'
  /** Which license a lower quantity revokes. */
  readonly lower_quantity: 'newest_unused' | 'newest' | 'nothing'
  /** Whether the license follows a new email address at the provider. */
  readonly email_change: 'update' | 'keep'
  /** Whether the license gets the key that the provider has sent to the customer. */
  readonly import_keys: boolean
  readonly mail: CheckoutRuleMail
  readonly created_at: string
  readonly updated_at: string
}

export interface CreateCheckoutRuleRequest {
  /** The provider; null for all of them. One of stripe, paddle, lemonsqueezy, polar, standard. The last is any other shop that signs with Standard Webhooks. */
  readonly provider?: CheckoutProvider | null
  /** The ID of the price or variant that was bought. */
  readonly price?: string | null
  /** The ID of the Stripe payment link (plink_…) that was used. */
  readonly payment_link?: string | null
  /** The ID of the product that was bought. */
  readonly product?: string | null
  /** The text in `metadata.licet_plan`, if it is not the slug of a plan. */
  readonly metadata_plan?: string | null
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan: string
  /** Whether a quantity is the number of licenses, or a limit of one license. */
  readonly quantity_means?: 'licenses' | 'seats' | 'devices'
  /** How many hours a license stays valid after the paid period, 0–8760. */
  readonly slack_hours?: number
  /** Whether a failed payment suspends the license. */
  readonly past_due?: 'suspend' | 'nothing'
  /** How many days after the failed payment it is suspended, 0–365. */
  readonly past_due_days?: number
  /** Whether a full refund revokes the license. */
  readonly full_refund?: 'revoke' | 'nothing'
  /** Whether a partial refund revokes the license. */
  readonly partial_refund?: 'revoke' | 'nothing'
  /** Whether a dispute suspends the license. */
  readonly dispute?: 'suspend' | 'nothing'
  /** Whether a lost dispute revokes the license. */
  readonly dispute_lost?: 'revoke' | 'nothing'
  /** Which license a lower quantity revokes. */
  readonly lower_quantity?: 'newest_unused' | 'newest' | 'nothing'
  /** Whether the license follows a new email address at the provider. */
  readonly email_change?: 'update' | 'keep'
  /** Whether the license gets the key that the provider has sent to the customer. */
  readonly import_keys?: boolean
  readonly mail?: CheckoutRuleMailRequest
}

export interface UpdateCheckoutRuleRequest {
  /** The provider; null for all of them. One of stripe, paddle, lemonsqueezy, polar, standard. The last is any other shop that signs with Standard Webhooks. */
  readonly provider?: CheckoutProvider | null
  /** The ID of the price or variant that was bought. */
  readonly price?: string | null
  /** The ID of the Stripe payment link (plink_…) that was used. */
  readonly payment_link?: string | null
  /** The ID of the product that was bought. */
  readonly product?: string | null
  /** The text in `metadata.licet_plan`, if it is not the slug of a plan. */
  readonly metadata_plan?: string | null
  /** 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit. */
  readonly plan?: string
  /** Whether a quantity is the number of licenses, or a limit of one license. */
  readonly quantity_means?: 'licenses' | 'seats' | 'devices'
  /** How many hours a license stays valid after the paid period, 0–8760. */
  readonly slack_hours?: number
  /** Whether a failed payment suspends the license. */
  readonly past_due?: 'suspend' | 'nothing'
  /** How many days after the failed payment it is suspended, 0–365. */
  readonly past_due_days?: number
  /** Whether a full refund revokes the license. */
  readonly full_refund?: 'revoke' | 'nothing'
  /** Whether a partial refund revokes the license. */
  readonly partial_refund?: 'revoke' | 'nothing'
  /** Whether a dispute suspends the license. */
  readonly dispute?: 'suspend' | 'nothing'
  /** Whether a lost dispute revokes the license. */
  readonly dispute_lost?: 'revoke' | 'nothing'
  /** Which license a lower quantity revokes. */
  readonly lower_quantity?: 'newest_unused' | 'newest' | 'nothing'
  /** Whether the license follows a new email address at the provider. */
  readonly email_change?: 'update' | 'keep'
  /** Whether the license gets the key that the provider has sent to the customer. */
  readonly import_keys?: boolean
  readonly mail?: CheckoutRuleMailRequest
}

/** One page of the stored validations, and the totals of the range. */
export interface LicenseUsagePage {
  readonly data: readonly UsageEntry[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
  readonly summary: LicenseUsageSummary
}

export type UsageInterval = 'hour' | 'day'

/** One count per hour or day, including those without validations. */
export interface UsageSeries {
  readonly interval: UsageInterval
  readonly data: readonly UsageCount[]
}

/** Totals over the whole days of the range; countries, errors, products and plans only for the whole server. */
export interface UsageSummary {
  readonly valid: number
  readonly refused: number
  /** A map from names to counts. */
  readonly by_error?: Readonly<Record<string, number>>
  /** A map from names to counts. */
  readonly countries?: Readonly<Record<string, number>>
  /** A map from names to counts. */
  readonly products?: Readonly<Record<string, number>>
  /** A map from names to counts. */
  readonly plans?: Readonly<Record<string, number>>
}

/** The data that was erased, and the data that could not be. */
export interface Erasure {
  /** Licenses whose email address and name were redacted. */
  readonly license_ids: readonly string[]
  /** The number of events that were redacted. */
  readonly events: number
  /** The number of stored idempotent responses that were deleted. */
  readonly kept_answers: number
  /** The number of raw events of shops that were deleted. */
  readonly checkout_events: number
  /** The number of validations whose IP address and fingerprint were deleted. */
  readonly validations: number
  /** Places that may still contain data of the customer. Take care of them yourself. */
  readonly out_of_reach: readonly string[]
}

export interface CustomerRequest {
  /** An email address such as dev@example.com. Case does not matter. */
  readonly customer_email: string
}

/** All data stored about a customer. */
export interface CustomerExport {
  readonly customer_email: string
  readonly licenses: readonly License[]
  readonly activations: readonly Activation[]
  readonly seats: readonly Seat[]
  readonly events: readonly Event[]
  readonly mails: readonly Mail[]
  readonly checkout_events: readonly CheckoutEventWithBody[]
  readonly portal_sessions: readonly ExportedPortalSession[]
  readonly usage: readonly ExportedEntry[]
}

/** One page of a list. */
export interface ApiKeyPage {
  readonly data: readonly ApiKey[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A new API key with its token. */
export interface CreatedApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  /** Shown only once; null when the response is replayed. */
  readonly token: string | null
}

export interface CreateApiKeyRequest {
  /** A name of 1–200 characters. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** An RFC 3339 time such as 2027-03-06T00:00:00Z. */
  readonly expires_at?: string | null
}

/** One page of a list. */
export interface OperatorPage {
  readonly data: readonly Operator[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A person who signs in to the dashboard. */
export interface Operator {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly created_at: string
  readonly disabled_at: string | null
}

export interface CreateOperatorRequest {
  /** A name of 1–200 characters. */
  readonly name: string
  readonly scopes?: readonly Scope[]
}

export interface UpdateOperatorRequest {
  /** A name of 1–200 characters. */
  readonly name?: string
  readonly scopes?: readonly Scope[]
  /** True ends all sessions of the operator, and allows no more. */
  readonly disabled?: boolean
}

/** A link that signs in once. */
export interface SetupLink {
  /** Shown only once; null when the response is replayed. */
  readonly url: string | null
  readonly expires_at: string
}

/** One page of a list. */
export interface SessionPage {
  readonly data: readonly Session[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** How many sessions have ended. */
export interface EndedSessions {
  /** How many sessions have ended. */
  readonly ended: number
}

/** The configuration in effect, and how much is stored. */
export interface Settings {
  /** The version of the server. */
  readonly version: string
  /** The last migration of the database. */
  readonly schema: string
  /** What does not work at the moment, as in `/readyz`. */
  readonly degradations: readonly Degradation[]
  readonly variables: readonly Variable[]
  /** The names of `LICET_` variables that are set, but that Licet does not know. */
  readonly unknown_variables: readonly string[]
  readonly storage: Storage
}

/** The state of the business and the server at a glance. */
export interface Overview {
  readonly licenses: LicenseCounts
  readonly today: ValidationsToday | null
  readonly webhooks: WebhookCounts | null
  readonly checkout: OpenCheckoutEvents | null
  readonly mails: MailCounts | null
  readonly last_backup_at: string | null
  /** Tasks for a person, most urgent first. */
  readonly needs_you: readonly Concern[]
}

/** One page of a list. */
export interface EdgePage {
  readonly data: readonly Edge[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A new edge with its token. */
export interface CreatedEdge {
  readonly id: string
  readonly name: string
  readonly created_at: string
  readonly last_seen_at: string | null
  /** Whether its lease is running. */
  readonly connected: boolean
  /** How many changes it has not confirmed yet. */
  readonly lag_changes: number | null
  /** For how long it has not confirmed that it has all changes. */
  readonly lag_seconds: number | null
  /** Until when it answers from memory, unless it asks again. */
  readonly lease_until: string | null
  /** Until when it confirms licenses that it knows, if it cannot reach this server from now on. */
  readonly answers_until: string | null
  /** For how long it confirms licenses that it knows while it cannot reach this server. */
  readonly stale_seconds: number
  readonly usage_until: string | null
  /** Shown only once; null when the response is replayed. */
  readonly token: string | null
}

export interface CreateEdgeRequest {
  /** A name of 1–200 characters. */
  readonly name: string
}

/** A server near the users, which validates licenses that it knows. */
export interface Edge {
  readonly id: string
  readonly name: string
  readonly created_at: string
  readonly last_seen_at: string | null
  /** Whether its lease is running. */
  readonly connected: boolean
  /** How many changes it has not confirmed yet. */
  readonly lag_changes: number | null
  /** For how long it has not confirmed that it has all changes. */
  readonly lag_seconds: number | null
  /** Until when it answers from memory, unless it asks again. */
  readonly lease_until: string | null
  /** Until when it confirms licenses that it knows, if it cannot reach this server from now on. */
  readonly answers_until: string | null
  /** For how long it confirms licenses that it knows while it cannot reach this server. */
  readonly stale_seconds: number
  readonly usage_until: string | null
}

/** When and where backups are made without being asked for, with the last result. */
export interface BackupSchedule {
  /** The pattern of `LICET_BACKUP_CRON`, in UTC; null if there is no schedule. */
  readonly cron: string | null
  /** A folder, or a bucket and prefix. */
  readonly to: string
  /** Whether backups are encrypted with age. */
  readonly encrypted: boolean
  /** Whether the usage file is backed up as well. */
  readonly includes_usage: boolean
  /** How many are kept; null if only their age counts. */
  readonly keep: number | null
  /** For how many days they are kept; null if only their number counts. */
  readonly keep_days: number | null
  /** When the next one is due. */
  readonly next_at: string | null
  /** Whether one is being made. */
  readonly running: boolean
  /** How many have failed since the last success. */
  readonly failures: number
  /** Null if none has succeeded yet. */
  readonly last_success_at: string | null
  readonly last: BackupAttempt | null
}

/** One page of a list. */
export interface BackupPage {
  readonly data: readonly Backup[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A new backup, which is complete, checked and on disk. */
export interface NewBackup {
  /** The name of the file in `backups/`. */
  readonly name: string
  readonly state: BackupState
  /** The size of the file so far. */
  readonly bytes: number
  readonly created_at: string
  /** The SHA-256 of the file as it was written, in hexadecimal; null if it was not recorded. */
  readonly sha256: string | null
  /** Data that is missing from the backup; null if it is complete. */
  readonly warning: string | null
  /** The names of old backups that were deleted, because only so many are kept. */
  readonly deleted: readonly string[]
}

/** A copy of the database in the data directory. */
export interface Backup {
  /** The name of the file in `backups/`. */
  readonly name: string
  readonly state: BackupState
  /** The size of the file so far. */
  readonly bytes: number
  readonly created_at: string
  /** The SHA-256 of the file as it was written, in hexadecimal; null if it was not recorded. */
  readonly sha256: string | null
}

/** The result of the checks of a backup. */
export interface BackupVerification {
  readonly name: string
  /** Whether all checks have passed. */
  readonly intact: boolean
  readonly checks: readonly BackupCheck[]
}

/** All jobs. */
export interface JobList {
  readonly data: readonly Job[]
}

/** One round of a job. */
export interface JobRun {
  readonly started_at: string
  /** How long it took. */
  readonly duration_ms: number
  /** The number of items. */
  readonly processed: number
  /** Why it failed; null if it has not. */
  readonly error: string | null
}

/** One page of a list. */
export interface PortalLicensePage {
  readonly data: readonly PortalLicense[]
  /** Pass it as `cursor` to get the next page; null on the last. */
  readonly next_cursor: string | null
}

/** A license as its customer sees it. */
export interface PortalLicense {
  readonly id: string
  /** The license key, masked. */
  readonly key: string
  readonly status: LicenseStatus
  readonly product: PortalNamed
  readonly plan: PortalNamed
  /** A map from feature names to true, false, a number or a string. */
  readonly features: Readonly<Record<string, FeatureValue>>
  /** Masked after a sign-in with a key; null if the license has no address. */
  readonly customer_email: string | null
  readonly created_at: string
  readonly expires_at: string | null
  /** When the license stops working: `expires_at` and the grace period of the plan. */
  readonly ends_at: string | null
  /** Present until the first validation starts the term of the license. */
  readonly starts_on?: 'first_validation'
  readonly suspension_cause: SuspensionCause | null
  readonly limits: PortalLimits
  readonly self_deactivation: PortalSelfDeactivation
  /** Whether the plan allows license files, for use without a connection. */
  readonly license_files: boolean
  /** Where the customer can renew it, as LICET_RENEW_URL says; null for nowhere. */
  readonly renew_url: string | null
}

/** The license key. */
export interface PortalKey {
  readonly key: string
}

export interface PortalFileRequest {
  /** The request code that the app shows. It stands alone. */
  readonly request?: string
  /** A stable identifier of the device, 1–255 characters, not only spaces. */
  readonly fingerprint?: string
  /** A display name, such as the name of the computer. It is cut to 200 characters. */
  readonly name?: string | null
  /** Up to 20 domains to bind the file to. */
  readonly domains?: readonly string[]
}

/** A license file, with which an app works without a connection. */
export interface LicenseFile {
  /** The `jti` of its token. */
  readonly id: string
  /** When it stops working; null if it works for as long as the license. */
  readonly expires_at: string | null
  /** Whether it works on one device only. */
  readonly fingerprint_bound: boolean
  /** The domains it is bound to, such as `example.com` or `*.example.com`; empty if it is bound to none. */
  readonly domains: readonly string[]
  /** The IDs of the activations it relies on. */
  readonly activations: readonly string[]
  readonly issued_at: string
  /** When its return code was entered, which has freed its slots. */
  readonly returned_at: string | null
}

export interface PortalReturnRequest {
  /** The return code that the app has shown when it deleted its license file. */
  readonly code: string
}

/** The changes after the position, and a lease. */
export interface EdgeFeed {
  /** Send it as `after` once the changes are applied. */
  readonly position: string
  /** How long the lease is, from when the edge has sent the request. */
  readonly good_for_ms: number
  /** The time of this server, in ms. */
  readonly now_ms: number
  /** Whether anything may have changed. */
  readonly all: boolean
  /** Whether plans have changed. */
  readonly plans: boolean
  /** The licenses that have changed. */
  readonly licenses: readonly string[]
  /** The activations that have changed: license, kind and value. */
  readonly activations: readonly (readonly string[])[]
}

/** A license, its plan, and its activations for one place. */
export interface EdgeFacts {
  /** An edge that does not know this format forwards everything. */
  readonly format: number
  /** All changes up to this position are in the facts. */
  readonly position: string
  /** The terms of the license. */
  readonly license: Readonly<Record<string, unknown>>
  /** The terms of its plan. */
  readonly plan: Readonly<Record<string, unknown>>
  /** The activation that covers the domain; null if there is none. */
  readonly domain: Readonly<Record<string, unknown>> | null
  /** The activation of the device; null if there is none. */
  readonly device: Readonly<Record<string, unknown>> | null
}

export interface EdgeFactsRequest {
  /** The license key, as the customer entered it. */
  readonly key: string
  /** The host name where the app runs, or a URL that contains it. */
  readonly domain?: string | null
  /** A stable identifier of the device, 1–255 characters, not only spaces. */
  readonly fingerprint?: string | null
}

/** The batch is stored. */
export interface EdgeUsageReceipt {
  readonly batch: number | null
  /** Entries that were skipped, because there is no license with an ID such as lic_01jg3m8v5mf1x8yq1r5c2w7h3k. */
  readonly unknown: number
}

export interface EdgeUsageRequest {
  /** A random text for each start of an edge. */
  readonly run: string
  /** Rises within the run. Null for a batch that is never sent again. */
  readonly batch: number | null
  /** The validations that the edge has answered. */
  readonly entries: readonly EdgeUsageEntry[]
  /** When activations were last in use. */
  readonly seen: readonly (readonly unknown[])[]
}

export type FeatureValue = boolean | number | string

/** Thresholds of `license.sharing_suspected`; null for none. */
export interface SharingThresholds {
  readonly countries_per_day?: number | null
  readonly devices_per_day?: number | null
  readonly domains_per_day?: number | null
}

/** How long apps work without the server. */
export interface OfflineTerms {
  /** After how many days an app should get a new lease. Default: 1. */
  readonly refresh_days: number
  /** How many days a lease is valid without a warning. Default: 7. */
  readonly valid_days: number
  /** After how many days a lease ends. Default: 30. */
  readonly hard_days: number
  /** How many days a license file is valid; null for as long as the license. Default: 365. */
  readonly file_days: number | null
}

/** How long apps work without the server. Fields that are omitted keep their values. */
export interface OfflineTermsRequest {
  /** After how many days an app should get a new lease. Default: 1. */
  readonly refresh_days?: number
  /** How many days a lease is valid without a warning. Default: 7. */
  readonly valid_days?: number
  /** After how many days a lease ends. Default: 30. */
  readonly hard_days?: number
  /** How many days a license file is valid; null for as long as the license. Default: 365. */
  readonly file_days?: number | null
}

export interface PlanEffect {
  readonly limit: PlanLimitName
  /** Licenses that use more, and have no limit of their own. */
  readonly count: number
  /** Whether there may be more, because only 100,000 licenses were read. */
  readonly at_least: boolean
  /** The first 20 of them. */
  readonly license_ids: readonly string[]
}

export interface PlanUse {
  /** The slug of the plan. */
  readonly plan: string
  /** Its licenses, also revoked ones, up to 10,000. */
  readonly licenses: number
  /** Whether there are more than `licenses`. */
  readonly at_least: boolean
}

/** A field of a license that can override its plan. */
export type OverrideName = 'features' | 'max_domains' | 'max_devices' | 'max_seats'

/** A payment lifts only `past_due`, and a won dispute only `dispute`. */
export type SuspensionCause = 'operator' | 'dispute' | 'past_due'

export type MetadataValue = string | number | boolean | null

/** The purchase in a shop that the license follows; null without one. */
export interface LicensePurchase {
  readonly provider: CheckoutProvider
  readonly mode: CheckoutMode
  /** The provider's reference of the order or subscription. The ID of a session is masked where the key is, because it leads to the key. */
  readonly reference: string
  /** The line of it that the license is for. */
  readonly item: string
  /** The number of the license, if several were bought on this line. */
  readonly unit: number
  /** ID of the rule that applies; null if the shop has named the plan. */
  readonly rule_id: string | null
}

/** How the text was understood: by its best match, or by its form if nothing matches. `mistyped_key`: the text is a license key with a typo. */
export type SearchReading =
  | 'id'
  | 'key'
  | 'mistyped_key'
  | 'email'
  | 'email_domain'
  | 'domain'
  | 'reference'
  | 'name'

export interface SearchMatch {
  readonly license: License
  readonly why: SearchReason
  /** Of a similar key: the character of the text at which it first differs from the key, counted from 1; null if only dashes differ. */
  readonly typo_at?: number | null
}

export interface LicenseFilter {
  readonly status?: LicenseStatus
  /** Slug of a plan. */
  readonly plan?: string
  /** Slug of a product. */
  readonly product?: string
  /** The full email address of a customer. */
  readonly customer_email?: string
  /** An activated domain. */
  readonly domain?: string
  /** Your own reference to the license. */
  readonly external_ref?: string
  /** Expires before this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
  readonly expires_before?: string
  /** Expires after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
  readonly expires_after?: string
  /** Created after this RFC 3339 time, such as 2027-03-06T00:00:00Z. */
  readonly created_after?: string
  /** The start of an email address or name, a full ID, or the last four characters of a key. Case and accents do not matter. */
  readonly q?: string
}

/** The check that failed. */
export type VerdictError =
  | 'PRODUCT_MISMATCH'
  | 'LICENSE_REVOKED'
  | 'LICENSE_SUSPENDED'
  | 'LICENSE_EXPIRED'
  | 'FEATURE_NOT_INCLUDED'
  | 'DOMAIN_REQUIRED'
  | 'DOMAIN_INVALID'
  | 'DOMAIN_NOT_ACTIVATED'
  | 'DOMAIN_LIMIT_REACHED'
  | 'FINGERPRINT_REQUIRED'
  | 'DEVICE_NOT_ACTIVATED'
  | 'DEVICE_LIMIT_REACHED'

/** One check of a validation. */
export interface ExplanationCheck {
  readonly name: string
  readonly passed: boolean
  readonly detail: string
}

/** The type of an event. */
export type EventType =
  | 'license.created'
  | 'license.activated'
  | 'license.updated'
  | 'license.renewed'
  | 'license.suspended'
  | 'license.reinstated'
  | 'license.expiring'
  | 'license.expired'
  | 'license.revoked'
  | 'license.key_rotated'
  | 'activation.created'
  | 'activation.deleted'
  | 'license.limit_reached'
  | 'license.sharing_suspected'
  | 'customer.erased'
  | 'webhook.disabled'
  | 'webhook.test'
  | 'backup.failed'

/** A change, with its actor and the fields before and after it. */
export interface AuditEntry {
  /** The position of the entry. There are no gaps. */
  readonly number: number
  readonly at: string
  readonly actor: Actor
  /** The IP address, stored as `LICET_IP_STORAGE` allows. */
  readonly address: string | null
  /** The `X-Request-Id` of the response, or the name of the actor. */
  readonly request_id: string
  /** The action, such as `license.update`. */
  readonly action: string
  /** The ID or slug of what was changed. */
  readonly subject_id: string
  /** The fields that changed, before the change; null for what was created. Keys are masked, and secrets are never included. */
  readonly before: Readonly<Record<string, unknown>> | null
  /** The fields that changed, after the change; null for what was deleted. Keys are masked, and secrets are never included. */
  readonly after: Readonly<Record<string, unknown>> | null
  /** Whether the values that named a customer were erased later. */
  readonly erased: boolean
  /** SHA-256 over this entry and the hash before it; null if the entry is older than the chain. */
  readonly hash: string | null
}

export type MailKind = 'key' | 'file' | 'expiring' | 'past_due'

/** Whether the mail server has accepted the email. */
export type TestMailState = 'sent' | 'failed'

/** One attempt to deliver an event. */
export interface DeliveryAttempt {
  readonly at: string
  readonly duration_ms: number
  /** The HTTP status; null if there was no response. */
  readonly status: number | null
  /** Why there was no response. */
  readonly error: string | null
  /** The first KiB of the response body. */
  readonly response: string
}

/** Purchases of test mode never meet those of live mode. */
export type CheckoutMode = 'live' | 'test'

/** An effect of an event on licenses. */
export interface CheckoutEffect {
  /** The effect in words, such as `Created with the plan professional.` */
  readonly text: string
  /** How many licenses are affected. */
  readonly licenses_count: number
  /** The affected licenses. In a dry run, without those that would be created. */
  readonly license_ids: readonly string[]
}

/** A rule that an event used, in this version. */
export interface CheckoutRuleUse {
  readonly rule_id: string
  readonly version: number
}

/** Something that was bought, with what rules can match. */
export interface CheckoutItem {
  readonly price: string | null
  readonly payment_link: string | null
  readonly product: string | null
  readonly metadata_plan: string | null
  readonly quantity: number
  /** The rule that matches it now; null if none does. */
  readonly rule_id: string | null
}

export interface CheckoutRuleMail {
  /** Whether the customer gets the key of a new license. */
  readonly key: boolean
  /** Whether the email with the key also has a license file, for licenses without limits. */
  readonly file: boolean
  /** Whether the customer is told that it expires soon. */
  readonly expiring: boolean
  /** Whether the customer is told that a payment failed. */
  readonly past_due: boolean
}

/** The emails that the customer gets. Those that are omitted stay as they are. */
export interface CheckoutRuleMailRequest {
  /** Whether the customer gets the key of a new license. */
  readonly key?: boolean
  /** Whether the email with the key also has a license file, for licenses without limits. */
  readonly file?: boolean
  /** Whether the customer is told that it expires soon. */
  readonly expiring?: boolean
  /** Whether the customer is told that a payment failed. */
  readonly past_due?: boolean
}

/** A validation of a license, and its repetitions within one minute. */
export interface UsageEntry {
  readonly at: string
  /** The last of the identical validations that share this entry. */
  readonly last_at: string
  /** The number of identical validations within one minute from `at`. */
  readonly count: number
  readonly valid: boolean
  readonly error: VerdictError | null
  readonly domain: string | null
  readonly fingerprint: string | null
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string | null
  /** The IP address, stored as `LICET_IP_STORAGE` allows. */
  readonly address: string | null
  /** The version of the app. */
  readonly version: string | null
}

/** Totals of a license over the whole days of the range. */
export interface LicenseUsageSummary {
  readonly valid: number
  readonly refused: number
  /** A map from names to counts. */
  readonly by_error: Readonly<Record<string, number>>
  /** A map from names to counts. */
  readonly countries: Readonly<Record<string, number>>
  /** The number of activated domains with validations. */
  readonly domains: number
  /** The number of devices with valid validations, as far back as individual validations are stored. */
  readonly devices: number
}

export interface UsageCount {
  readonly start: string
  readonly valid: number
  readonly refused: number
}

/** A sign-in of a customer to the portal, which is kept for 2 hours. */
export interface ExportedPortalSession {
  readonly kind: PortalSessionKind
  /** The address whose licenses are shown; null after a sign-in with a key. */
  readonly customer_email: string | null
  /** The only license that is shown; null after a sign-in with an address. */
  readonly license_id: string | null
  readonly created_at: string
  readonly expires_at: string
  /** As LICET_IP_STORAGE says; null for none. */
  readonly address: string | null
  readonly user_agent: string | null
}

/** A validation with the ID of its license. */
export interface ExportedEntry {
  readonly at: string
  readonly license_id: string
  readonly valid: boolean
  readonly error: VerdictError | null
  readonly domain: string | null
  readonly fingerprint: string | null
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string | null
  /** The IP address, stored as `LICET_IP_STORAGE` allows. */
  readonly address: string | null
  /** The version of the app. */
  readonly version: string | null
  /** The last of the identical validations that share this entry. */
  readonly last_at: string
  /** The number of identical validations within one minute from `at`. */
  readonly count: number
}

/** An API key, without its token. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
}

/** A permission of an API key. `*` grants all of them. */
export type Scope =
  | 'licenses:read'
  | 'licenses:write'
  | 'licenses:reveal'
  | 'plans:read'
  | 'plans:write'
  | 'usage:read'
  | 'events:read'
  | 'webhooks:read'
  | 'webhooks:write'
  | 'checkout:read'
  | 'checkout:write'
  | 'keys:read'
  | 'keys:write'
  | 'operators:read'
  | 'operators:write'
  | 'sessions:read'
  | 'sessions:write'
  | 'customers:erase'
  | 'metrics:read'
  | 'settings:read'
  | 'jobs:read'
  | 'jobs:run'
  | 'backups:read'
  | 'backups:write'
  | 'backups:download'
  | 'audit:read'
  | 'edges:read'
  | 'edges:write'
  | '*'

/** A browser that is signed in: by an operator, or by an API key. */
export interface Session {
  readonly id: string
  readonly operator: SessionHolder | null
  readonly api_key: SessionHolder | null
  /** The scopes of the operator or API key, as they are now. */
  readonly scopes: readonly Scope[]
  readonly created_at: string
  readonly last_seen_at: string
  readonly expires_at: string
  /** As LICET_IP_STORAGE says; null for none. */
  readonly address: string | null
  readonly user_agent: string | null
}

export interface Degradation {
  readonly reason:
    | 'disk_full'
    | 'database_unwritable'
    | 'database_damaged'
    | 'log_growing'
    | 'usage_unavailable'
    | 'usage_set_aside'
  /** What is wrong, and what to do. */
  readonly detail: string
}

/** An environment variable as it is in effect. */
export interface Variable {
  readonly name: string
  /** Whether its value is never shown. */
  readonly secret: boolean
  /** The value in effect; null for none. Of a secret, only `set` or `not set`. Lists are separated by commas. */
  readonly value: string | null
  readonly source: VariableSource
}

/** The sizes of what is stored. */
export interface Storage {
  /** `licet.sqlite`. */
  readonly database_bytes: number
  /** The write-ahead log of `licet.sqlite`. */
  readonly database_log_bytes: number
  /** `usage.sqlite`. */
  readonly usage_bytes: number
  /** The write-ahead log of `usage.sqlite`. */
  readonly usage_log_bytes: number
  /** All files in `backups/`. */
  readonly backups_bytes: number
  /** What Licet can still write; null if unknown. */
  readonly disk_free_bytes: number | null
  /** The size of the disk; null if unknown. */
  readonly disk_total_bytes: number | null
}

/** The licenses by their status. */
export interface LicenseCounts {
  /** All licenses. */
  readonly total: number
  /** Licenses that are valid now. */
  readonly active: number
  /** Licenses that are suspended. */
  readonly suspended: number
  /** Licenses whose term and grace period are over. */
  readonly expired: number
  /** Licenses that are revoked. */
  readonly revoked: number
  readonly expiring: readonly ExpiringCount[]
}

/** The validations of this UTC day. Null without the scope `usage:read`, or while the usage file cannot be read. */
export interface ValidationsToday {
  readonly since: string
  /** Validations that were valid. */
  readonly valid: number
  /** Validations that were refused. */
  readonly refused: number
  /** The refused ones by their error. */
  readonly by_error: Readonly<Record<string, number>>
}

/** Null without the scope `webhooks:read`. */
export interface WebhookCounts {
  /** Endpoints that fail, or that the server has disabled. */
  readonly failing: number
  /** Deliveries that wait for an attempt, up to 100,000. */
  readonly pending: number
}

/** Events of shops that are not settled. Null without the scope `checkout:read`. */
export interface OpenCheckoutEvents {
  /** Events in the state `received`, up to 10,000. */
  readonly received: number
  /** Events in the state `unmatched`, up to 10,000. */
  readonly unmatched: number
  /** Events in the state `waiting_for_customer`, up to 10,000. */
  readonly waiting_for_customer: number
  /** Events in the state `waiting_for_purchase`, up to 10,000. */
  readonly waiting_for_purchase: number
  /** Events in the state `failed`, up to 10,000. */
  readonly failed: number
}

/** Null without the scope `checkout:read`. */
export interface MailCounts {
  /** Mails that wait to be sent, up to 10,000. */
  readonly pending: number
  /** Mails that could not be sent, up to 10,000. */
  readonly failed: number
}

/** Something that a person should do. */
export interface Concern {
  /** A code that does not change, such as `webhook_failing`. */
  readonly code: string
  /** What is wrong, and what to do. */
  readonly detail: string
  /** The path of the API where it is found. */
  readonly path: string
}

/** A run of the schedule. */
export interface BackupAttempt {
  readonly started_at: string
  /** Null while it is running, and if it was interrupted. */
  readonly ended_at: string | null
  /** The name of the backup, if there is one. */
  readonly name: string | null
  /** Its size. */
  readonly bytes: number | null
  /** Data that is missing from it; null if it is complete. */
  readonly warning: string | null
  /** Why it failed; null if it did not. */
  readonly error: string | null
}

/** A backup that is still `running` can be neither verified nor downloaded. */
export type BackupState = 'running' | 'complete'

export interface BackupCheck {
  readonly name: string
  /** What is wrong; null if the check has passed. */
  readonly problem: string | null
}

/** Work that the server does in the background. */
export interface Job {
  readonly name: string
  readonly description: string
  /** A cron pattern in UTC with seconds: second minute hour day month weekday. */
  readonly schedule: string
  readonly running: boolean
  /** The last round that has ended since the server was started. */
  readonly last_run: JobRun | null
}

/** A product or a plan. */
export interface PortalNamed {
  readonly slug: string
  /** The name for people. */
  readonly name: string
}

export interface PortalLimits {
  readonly domains: PortalLimit
  readonly devices: PortalLimit
  readonly seats: PortalLimit
}

/** Whether and when activations can be released. */
export interface PortalSelfDeactivation {
  /** Whether the plan lets customers release activations. */
  readonly allowed: boolean
  /** The most in 30 days; null for no limit. */
  readonly limit: number | null
  /** How many count against the limit; 0 without one. */
  readonly used: number
  /** When the next one is possible; null if it is possible now, or never. */
  readonly next_at: string | null
}

/** Equal validations: license, time of the first and of the last, count, error, country, activated domain, domain, fingerprint, address, version. */
export type EdgeUsageEntry = readonly unknown[]

/** A limit of a plan. */
export type PlanLimitName = 'max_domains' | 'max_devices' | 'max_seats'

/** Why the license is a match. `similar_key`: its key differs from the text in one or two symbols, which is wrong, missing or surplus, or in two neighbors that changed places. `email_start`: its email address starts with the text. `key_end`: its key ends with the text. */
export type SearchReason =
  | 'id'
  | 'activation_id'
  | 'seat_id'
  | 'event_id'
  | 'key'
  | 'email'
  | 'domain'
  | 'reference'
  | 'similar_key'
  | 'email_domain'
  | 'name'
  | 'email_start'
  | 'key_end'

/** The origin of a change. */
export interface Actor {
  readonly kind: ActorKind
  /** The ID of the API key or operator, or the name of the job or provider. */
  readonly id: string | null
  /** The name that the API key or operator had at the time. */
  readonly name: string | null
}

/** Whether the customer has signed in with an email address or a license key. */
export type PortalSessionKind = 'email' | 'license'

export interface SessionHolder {
  readonly id: string
  readonly name: string
}

/** Where the value comes from. `file` is the file of `LICET_MASTER_SECRET_FILE`, or `master.secret` in the data directory. */
export type VariableSource = 'default' | 'environment' | 'file'

export interface ExpiringCount {
  /** How many days ahead. */
  readonly within_days: number
  /** Licenses that expire within these days, up to 10,000. */
  readonly count: number
  /** Whether there are more than `count`. */
  readonly at_least: boolean
}

/** A limit of a license, and how much of it is in use. */
export interface PortalLimit {
  /** An integer of 0 or more, or null for no limit. */
  readonly allowed: number | null
  /** How many are in use. */
  readonly used: number
}

/** An API key, a person, or a part of Licet. `command` is the command line. */
export type ActorKind = 'key' | 'operator' | 'app' | 'customer' | 'checkout' | 'command' | 'job'
