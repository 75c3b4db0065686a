#pragma once

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace parley::test {

/// Checks JSON against the part of JSON Schema that tests/specs uses. An
/// unknown keyword throws, so that nothing passes because it was not looked at.
class json_schema {
public:
  explicit json_schema(nlohmann::json root) : root_(std::move(root)) {} // braces would make a list

  /// What is wrong with `x`; empty when it is valid.
  std::vector<std::string> problems(const nlohmann::json& x, const std::string& definition) const {
    std::vector<std::string> out;
    check(x, root_.at("$defs").at(definition), definition, out);
    return out;
  }

  const nlohmann::json& root() const { return root_; }

private:
  using json = nlohmann::json;
  using list = std::vector<std::string>;

  static bool has_type(const json& x, const std::string& type) {
    if (type == "integer")
      return x.is_number_integer() || (x.is_number() && x.get<double>() == static_cast<double>(x.get<int64_t>()));
    return (type == "object" && x.is_object()) || (type == "array" && x.is_array())
           || (type == "string" && x.is_string()) || (type == "number" && x.is_number())
           || (type == "boolean" && x.is_boolean()) || (type == "null" && x.is_null());
  }

  size_t matching(const json& x, const json& schemas, const std::string& at) const {
    size_t count = 0;
    for (const auto& schema : schemas) {
      list problems;
      check(x, schema, at, problems);
      count += problems.empty();
    }
    return count;
  }

  void check(const json& x, const json& schema, const std::string& at, list& out) const {
    if (schema.is_boolean()) {
      if (!schema.get<bool>())
        out.push_back(at + ": not allowed");
      return;
    }
    const auto wrong = [&](const std::string& what) { out.push_back(at + ": " + what); };
    for (const auto& [keyword, value] : schema.items()) {
      if (keyword == "$ref") {
        check(x, root_.at(json::json_pointer{value.get<std::string>().substr(1)}), at, out);
      } else if (keyword == "type") {
        bool any = false;
        for (const auto& type : value.is_array() ? value : json::array({value}))
          any = any || has_type(x, type.get<std::string>());
        if (!any)
          wrong("must be " + value.dump());
      } else if (keyword == "enum") {
        if (std::find(value.begin(), value.end(), x) == value.end())
          wrong(x.dump() + " is not one of " + value.dump());
      } else if (keyword == "const") {
        if (x != value)
          wrong("must be " + value.dump());
      } else if (keyword == "required") {
        for (const auto& name : value)
          if (x.is_object() && !x.contains(name.get<std::string>()))
            wrong("lacks " + name.get<std::string>());
      } else if (keyword == "properties") {
        for (const auto& [name, inner] : value.items())
          if (x.is_object() && x.contains(name))
            check(x[name], inner, at + "." + name, out);
      } else if (keyword == "additionalProperties") {
        if (x.is_object())
          for (const auto& [name, inner] : x.items())
            if (!schema.contains("properties") || !schema["properties"].contains(name))
              check(inner, value, at + "." + name, out);
      } else if (keyword == "items") {
        for (size_t i = 0; x.is_array() && i < x.size(); ++i)
          check(x[i], value, at + "[" + std::to_string(i) + "]", out);
      } else if (keyword == "anyOf" || keyword == "oneOf") {
        // The vendor's alternatives overlap, so `oneOf` is read as `anyOf`.
        if (matching(x, value, at) == 0)
          wrong("fits none of the alternatives");
      } else if (keyword == "allOf") {
        for (const auto& inner : value)
          check(x, inner, at, out);
      } else if (keyword == "minimum" || keyword == "maximum") {
        if (x.is_number() && (keyword == "minimum" ? x < value : x > value))
          wrong(x.dump() + " is beyond the " + keyword + " " + value.dump());
      } else if (keyword == "maxLength" || keyword == "minLength") {
        if (x.is_string()
            && (keyword == "minLength" ? x.get<std::string>().size() < value.get<size_t>()
                                       : x.get<std::string>().size() > value.get<size_t>()))
          wrong("length is beyond " + keyword);
      } else if (keyword == "minItems" || keyword == "maxItems") {
        if (x.is_array() && (keyword == "minItems" ? x.size() < value : x.size() > value))
          wrong("number of items is beyond " + keyword);
      } else if (keyword != "description" && keyword != "title" && keyword != "default" && keyword != "format"
                 && keyword != "example" && keyword != "examples" && keyword != "deprecated"
                 && keyword != "discriminator" && keyword != "nullable" && !keyword.starts_with("x-")) {
        throw std::runtime_error{at + ": the checker does not know the keyword " + keyword};
      }
    }
  }

  json root_;
};

} // namespace parley::test
