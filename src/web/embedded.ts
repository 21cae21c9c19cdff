import { bundlePage } from './bundle.ts' with { type: 'macro' }

/** The pages, bundled when this file is transpiled. */
export const admin = bundlePage('admin')
export const portal = bundlePage('portal')
