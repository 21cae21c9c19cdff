# frozen_string_literal: true

require_relative "../test_helper"
require "rbs"

class SignaturesTest < Minitest::Test
  FOLDER = File.expand_path("../../sig", __dir__)

  def environment
    loader = RBS::EnvironmentLoader.new
    loader.add(path: Pathname(FOLDER))
    RBS::Environment.from_loader(loader).resolve_type_names
  end

  def test_the_types_name_only_methods_and_keywords_that_exist
    builder = RBS::DefinitionBuilder.new(env: environment)
    names = builder.env.class_decls.keys.select { |name| name.to_s.start_with?("::Licet") }
    assert_operator names.size, :>, 20
    names.each do |name|
      owner = Object.const_get(name.to_s)
      check(owner.method(:instance_method), owner, builder.build_instance(name).methods) if owner.is_a?(Class)
      check(owner.method(:method), owner, builder.build_singleton(name).methods)
    end
  end

  def check(find, owner, methods)
    methods.each do |name, type|
      next unless type.defined_in.to_s.start_with?("::Licet") && name != :initialize && name != :new

      parameters = find.call(name).parameters
      next if owner < Struct || parameters.any? { |kind, _| %i[rest keyrest].include?(kind) }

      keywords = parameters.filter_map { |kind, parameter| parameter if %i[key keyreq].include?(kind) }
      known = type.method_types.flat_map { |each| [each.type.required_keywords, each.type.optional_keywords] }
      unknown = known.flat_map(&:keys) - keywords
      assert_empty unknown, "#{owner} #{name}"
    end
  end
end
