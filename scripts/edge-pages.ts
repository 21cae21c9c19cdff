/**
 * The runs of the conformance suite with redirects and pages. These come from what is in front of an edge.
 * From its primary, an edge does not relay them.
 */
export const pages =
  /^\/s\/(redirect|captive-portal|html-|empty-|json-200|forbidden|validate-(captive-portal|403-page))/
