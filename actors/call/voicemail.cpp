#include "actors/call/voicemail.hpp"

#include "actors/research/prompt_template.hpp"

#include <algorithm>
#include <array>

namespace parley::calls {

bool is_toll_free(std::string_view number) {
  static constexpr std::array<std::string_view, 7> areas{"800", "833", "844", "855", "866", "877", "888"};
  const bool shaped = number.size() == 12 && number.starts_with("+1")
                      && std::all_of(number.begin() + 1, number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return shaped && std::find(areas.begin(), areas.end(), number.substr(2, 3)) != areas.end();
}

std::string spoken_digits(std::string_view number) {
  std::string digits;
  for (const char c : number)
    if (c >= '0' && c <= '9')
      digits += c;
  const bool national = number.starts_with("+1") && digits.size() == 11;
  if (national)
    digits.erase(0, 1);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool group = national ? i == 3 || i == 6 : i > 0 && i % 3 == 0;
    out += i == 0 ? "" : group ? ", " : " ";
    out += digits[i];
  }
  return out;
}

voicemail voicemail_for(const campaign_policy& policy, std::string_view person) {
  const auto message = mind::one_line(policy.voicemail_message, 1500);
  if (message.empty())
    return {};
  const auto company = mind::one_line(policy.company, 120);
  if (company.empty())
    return {"", "company: a message must begin with the business' name (47 CFR 64.1200(b)(1))"};
  if (!is_toll_free(policy.opt_out_number))
    return {"", "opt_out_number: a message must give a toll-free number to opt out, such as +18005550132 (47 CFR "
                "64.1200(b)(3))"};
  const auto agent = mind::one_line(policy.agent_name, 80);
  auto words = mind::render(message, {{"agent", agent},
                                      {"company", company},
                                      {"person", person.empty() ? "there" : mind::one_line(person, 120)}});
  if (const auto* error = std::get_if<mind::template_error>(&words))
    return {"", "voicemail_message: " + error->what};
  auto said = mind::one_line(std::get<std::string>(words), 2000);
  if (said.empty())
    return {"", "voicemail_message: says nothing"};
  if (said.back() != '.' && said.back() != '!' && said.back() != '?')
    said += '.';
  auto text = "Hello, this is " + (agent.empty() ? std::string{"an AI assistant"} : agent + ", an AI assistant,")
              + " calling for " + company + ". " + said;
  if (!policy.callback_number.empty() && policy.callback_number != policy.opt_out_number)
    text += " You can reach us at " + spoken_digits(policy.callback_number) + ".";
  const auto opt_out = spoken_digits(policy.opt_out_number);
  return {text + " To get no more calls from us, call toll-free " + opt_out + ". Again, that is " + opt_out + ".", ""};
}

} // namespace parley::calls
