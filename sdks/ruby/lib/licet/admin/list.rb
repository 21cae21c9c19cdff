# frozen_string_literal: true

module Licet
  class Admin
    # A list that is read page by page while it is iterated. Nothing is requested before that.
    class List
      include Enumerable

      # @api private
      def initialize(query, &read)
        @query = query
        @read = read
      end

      # Yields the items of all pages.
      def each(&block)
        return enum_for(:each) unless block

        pages.each { |page| page[:data].each(&block) }
        self
      end

      # Returns the first page. Its `next_cursor` is the `cursor` of the next one.
      #
      # @return [Hash]
      def page
        @read.call(@query)
      end

      # @return [Enumerator] of pages
      def pages
        Enumerator.new do |found|
          query = @query
          loop do
            page = @read.call(query)
            found << page
            break if page[:next_cursor].nil?

            query = { **query, cursor: page[:next_cursor] }
          end
        end
      end
    end
  end
end
