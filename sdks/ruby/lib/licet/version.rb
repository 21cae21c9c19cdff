# frozen_string_literal: true

module Licet
  VERSION = "0.1.0"
end
