#include "adapters/sandbox/carrier/twiml.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <charconv>
#include <sstream>

namespace parley::sandbox::twiml {

namespace {

using tree = boost::property_tree::ptree;

/// What a `<Parameter>` may hold, name and value together.
constexpr size_t parameter_characters_max = 500;

std::string attribute(const tree& node, const std::string& name) {
  return node.get("<xmlattr>." + name, std::string{});
}

connect_stream read_connect(const tree& node) {
  connect_stream out;
  out.action = attribute(node, "action");
  const auto stream = node.get_child_optional("Stream");
  if (!stream)
    throw invalid{"<Connect> without <Stream>"};
  out.url = attribute(*stream, "url");
  const auto where = parse_url(out.url);
  if (!where || (where->scheme != "ws" && where->scheme != "wss"))
    throw invalid{"<Stream> needs a wss:// url"};
  out.name = attribute(*stream, "name");
  out.status_callback = attribute(*stream, "statusCallback");
  for (const auto& [tag, child] : *stream) {
    if (tag != "Parameter")
      continue;
    auto name = attribute(child, "name");
    auto value = attribute(child, "value");
    if (name.empty() || name.size() + value.size() > parameter_characters_max)
      throw invalid{"<Parameter> without a name, or longer than 500 characters"};
    out.parameters.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

pause read_pause(const tree& node) {
  pause out;
  const auto length = attribute(node, "length");
  if (length.empty())
    return out;
  int seconds = 0;
  const auto end = length.data() + length.size();
  const auto read = std::from_chars(length.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end || seconds < 1)
    throw invalid{"<Pause> length must be a number of seconds"};
  out.length = std::chrono::seconds{seconds};
  return out;
}

std::string trimmed(std::string text);

std::chrono::seconds read_seconds(const tree& node, const std::string& name, int fallback, int min, int max) {
  const auto text = attribute(node, name);
  if (text.empty())
    return std::chrono::seconds{fallback};
  int seconds = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end || seconds < min || seconds > max)
    throw invalid{name + " must be a number of seconds from " + std::to_string(min) + " to " + std::to_string(max)};
  return std::chrono::seconds{seconds};
}

gather read_gather(const tree& node) {
  gather out;
  if (const auto keys = attribute(node, "numDigits"); keys != "1")
    throw invalid{"<Gather> is known here for one key alone, numDigits=\"1\""};
  for (const auto& [tag, child] : node)
    if (tag == "Say")
      out.sentences.push_back(trimmed(child.data()));
  out.timeout = read_seconds(node, "timeout", 5, 1, 600);
  out.action = attribute(node, "action");
  out.method = node.get("<xmlattr>.method", std::string{"POST"});
  return out;
}

dial read_dial(const tree& node) {
  dial out;
  const auto number = node.get_child_optional("Number");
  out.number = trimmed(number ? number->data() : node.data());
  const bool shaped = out.number.size() >= 8 && out.number.front() == '+'
                      && out.number.find_first_not_of("0123456789", 1) == out.number.npos;
  if (!shaped)
    throw invalid{"<Dial> needs a number in E.164"};
  out.caller_id = attribute(node, "callerId");
  out.action = attribute(node, "action");
  out.method = node.get("<xmlattr>.method", std::string{"POST"});
  out.timeout = read_seconds(node, "timeout", 30, 5, 600);
  if (number) {
    out.url = attribute(*number, "url");
    out.method_of_url = number->get("<xmlattr>.method", std::string{"POST"});
  }
  return out;
}

std::string trimmed(std::string text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

} // namespace

std::vector<verb> parse(std::string_view document) {
  tree root;
  std::istringstream in{std::string{document}};
  try {
    boost::property_tree::read_xml(in, root, boost::property_tree::xml_parser::no_comments);
  } catch (const boost::property_tree::xml_parser_error& error) {
    throw invalid{"no XML document: " + error.message()};
  }
  const auto response = root.get_child_optional("Response");
  if (!response)
    throw invalid{"no <Response>"};
  std::vector<verb> verbs;
  for (const auto& [tag, node] : *response) {
    if (tag == "Connect")
      verbs.emplace_back(read_connect(node));
    else if (tag == "Say")
      verbs.emplace_back(say{trimmed(node.data())});
    else if (tag == "Pause")
      verbs.emplace_back(read_pause(node));
    else if (tag == "Redirect")
      verbs.emplace_back(redirect{trimmed(node.data()), node.get("<xmlattr>.method", std::string{"POST"})});
    else if (tag == "Dial")
      verbs.emplace_back(read_dial(node));
    else if (tag == "Gather")
      verbs.emplace_back(read_gather(node));
    else if (tag == "Hangup")
      verbs.emplace_back(hang_up{});
    else if (tag != "<xmlattr>")
      throw invalid{"<" + tag + "> is no verb that is known here"};
  }
  return verbs;
}

} // namespace parley::sandbox::twiml
