/** Preloaded by server processes under test: starts their clock at TEST_CLOCK_MS. */
const realNow = Date.now
const offsetMs = Number(process.env.TEST_CLOCK_MS) - realNow()
Date.now = () => realNow() + offsetMs
