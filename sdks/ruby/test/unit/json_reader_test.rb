# frozen_string_literal: true

require_relative "../test_helper"

class JSONReaderTest < Minitest::Test
  def read(text, **options)
    Licet::JSONReader.parse_object(text, **options)
  end

  def test_reads_every_kind_of_value
    text = ' { "a" : [ 1 , -2.5 , 1e2 , true , false , null , { } , [ ] ] , "" : "\u00e9\ud83d\ude00\n\\/" } '
    assert_equal({ "a" => [1, -2.5, 100, true, false, nil, {}, []], "" => "é😀\n/" }, read(text))
  end

  def test_keeps_integers_exact
    assert_equal 2**80, read("{\"n\":#{2**80}}")["n"]
    assert_kind_of Integer, read('{"n":1.0}')["n"]
  end

  def test_replaces_half_a_character
    assert_equal "\ufffda", read('{"a":"\ud800a"}')["a"]
  end

  def test_refuses_what_is_not_json
    ["", "[]", "null", "{", '{"a":1,}', '{"a":01}', '{"a":NaN}', '{"a":1e999}', '{"a":"\q"}', "{'a':1}", '{"a":1}}',
     "{\"a\":\"\n\"}", '{"a":1/**/}', "\ufeff{}", "{\"a\":\"\xff\"}", '{"a":+1}', '{"a":.5}', '{"a" 1}'].each do |text|
      assert_nil read(text), text
    end
  end

  def test_finds_members_of_the_same_name_at_any_depth_and_however_they_are_escaped
    assert_equal({ "a" => 2 }, read('{"a":1,"a":2}'))
    assert_nil read('{"a":1,"\u0061":2}', unique: true)
    assert_nil read('{"a":[{"b":1,"b":2}]}', unique: true)
    assert_equal({ "a" => { "a" => 1 } }, read('{"a":{"a":1}}', unique: true))
  end

  def test_is_not_overwhelmed_by_depth
    assert_nil read("{\"a\":#{"[" * 100_000}")
  end
end
