// Libraries choose their words by this at their import: tests hear what users hear.
process.env.NODE_ENV = 'production'

export {}
