# frozen_string_literal: true

module Licet
  # Frozen structs with keyword arguments, since Ruby 3.1 has no Data.
  # @api private
  module Value
    def self.define(*members, &block)
      Struct.new(*members, keyword_init: true) do
        def initialize(**)
          super
          freeze
        end

        # Returns a copy with other values of some members.
        def with(**changes)
          self.class.new(**to_h, **changes)
        end

        class_eval(&block) if block
      end
    end
  end
end
