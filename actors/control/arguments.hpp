#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

/// A command's arguments, read by name. What is missing, of the wrong type or
/// out of range throws std::invalid_argument with a sentence that names the
/// argument and the remedy. Commands read all of theirs before they ask anybody.
namespace parley::commands {

using args = nlohmann::json;

/// A text that must be there and not be empty.
std::string needed_text(const args& a, const char* name, const char* remedy);
std::string text_or(const args& a, const char* name, const std::string& otherwise);
bool flag_or(const args& a, const char* name, bool otherwise);
int64_t number_or(const args& a, const char* name, int64_t otherwise, int64_t min, int64_t max);
/// An object of texts; empty when it is absent.
std::map<std::string, std::string> texts_of(const args& a, const char* name);

/// Runs a step of a command. What it throws about the input becomes the error
/// that is returned; an empty one means that all went well.
std::optional<std::string> problem_of(const std::function<void()>& step);

} // namespace parley::commands
