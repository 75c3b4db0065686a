// The only file that sees libphonenumber, whose headers pull in protobuf.
#include "actors/compliance/numbers.hpp"

#include "actors/compliance/rules.hpp"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <set>

namespace parley {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

constexpr size_t length_max = 64; // longer texts hold more than one number

number_problem invalid(std::string sentence) {
  return {number_problem::kind::invalid, std::move(sentence)};
}

number_problem forbidden(std::string_view kind) {
  return {number_problem::kind::forbidden,
          "This is a " + std::string{kind} + " number; only ordinary fixed and mobile numbers are called."};
}

/// Spreadsheets turn long numbers into 4.15555E+09 and lose the last digits.
bool is_rounded(std::string_view text) {
  const auto e = text.find_first_of("eE");
  return e != text.npos && e > 0 && e + 1 < text.size() && text[e + 1] == '+'
         && text.find_first_not_of("0123456789.,") == e;
}

std::string describe(PhoneNumberUtil::ErrorType error, const std::string& home_region) {
  switch (error) {
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return "The country code of the number is not known, and it does not fit "
             "the home region "
             + home_region + ".";
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN: return "The number has too few digits.";
    case PhoneNumberUtil::TOO_LONG_NSN: return "The number has too many digits; is it more than one?";
    default: return "This is not a phone number.";
  }
}

/// The name of a kind that is never called, or null.
const char* forbidden_kind(PhoneNumberUtil::PhoneNumberType type) {
  switch (type) {
    case PhoneNumberUtil::TOLL_FREE: return "toll-free";
    case PhoneNumberUtil::PREMIUM_RATE: return "premium-rate";
    case PhoneNumberUtil::SHARED_COST: return "shared-cost";
    case PhoneNumberUtil::PERSONAL_NUMBER: return "personal (follow-me)";
    case PhoneNumberUtil::PAGER: return "pager";
    case PhoneNumberUtil::UAN: return "company-wide access";
    case PhoneNumberUtil::VOICEMAIL: return "voicemail access";
    default: return nullptr;
  }
}

line_type to_line_type(PhoneNumberUtil::PhoneNumberType type) {
  switch (type) {
    case PhoneNumberUtil::MOBILE: return line_type::mobile;
    case PhoneNumberUtil::FIXED_LINE: return line_type::fixed;
    case PhoneNumberUtil::VOIP: return line_type::voip;
    default: return line_type::unknown; // also FIXED_LINE_OR_MOBILE
  }
}

number_result
check_nanp(const PhoneNumberUtil& util, const PhoneNumber& number, phone_number out, const calling_rules& rules) {
  std::string digits;
  util.GetNationalSignificantNumber(number, &digits);
  if (digits.size() != 10 || !util.IsPossibleNumber(number))
    return invalid("The number has " + std::to_string(digits.size()) + " digits after the country code; it needs 10.");
  out.area_code = std::stoi(digits.substr(0, 3));
  const auto* area = rules.area(out.area_code);
  if (!area)
    return invalid("Area code " + digits.substr(0, 3) + " is not in use.");
  switch (area->kind) {
    case area_kind::geographic: break;
    case area_kind::toll_free: return forbidden("toll-free");
    case area_kind::premium: return forbidden("premium-rate");
    case area_kind::personal: return forbidden("personal (follow-me)");
    case area_kind::non_geographic: return forbidden("non-geographic");
    case area_kind::count_: break;
  }
  if (digits[3] < '2')
    return invalid("No exchange begins with " + digits.substr(3, 1) + ", the digit after the area code.");
  const auto type = util.GetNumberType(number);
  if (const char* kind = forbidden_kind(type))
    return forbidden(kind);
  out.country = area->country;
  out.type = to_line_type(type);
  return out;
}

} // namespace

number_result parse_number(std::string_view text, const std::string& home_region, const calling_rules& rules) {
  if (text.find_first_not_of(" \t") == text.npos)
    return invalid("There is no phone number.");
  if (text.size() > length_max)
    return invalid("The text is too long for one phone number.");
  if (is_rounded(text))
    return invalid("A spreadsheet has rounded this number and lost its last "
                   "digits; format the column as text and export again.");
  if (std::none_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return invalid("There are no digits in the phone number.");
  const auto& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (const auto error = util.Parse(std::string{text}, home_region, &number);
      error != PhoneNumberUtil::NO_PARSING_ERROR)
    return invalid(describe(error, home_region));
  phone_number out;
  util.Format(number, PhoneNumberUtil::E164, &out.e164); // without extension
  out.extension = number.extension();
  if (number.country_code() == 1)
    return check_nanp(util, number, std::move(out), rules);
  if (!util.IsValidNumber(number))
    return invalid("No number with country code +" + std::to_string(number.country_code())
                   + " looks like this; is a digit wrong?");
  const auto type = util.GetNumberType(number);
  if (const char* kind = forbidden_kind(type))
    return forbidden(kind);
  util.GetRegionCodeForNumber(number, &out.country);
  out.type = to_line_type(type);
  return out;
}

bool is_e164(std::string_view text) {
  if (text.size() < 8 || text.size() > 16 || text[0] != '+' || text[1] == '0'
      || text.find_first_not_of("0123456789", 1) != text.npos)
    return false;
  return text[1] != '1' || (text.size() == 12 && text[2] >= '2');
}

bool is_region(const std::string& code) {
  std::set<std::string> known;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&known);
  return known.contains(code);
}

} // namespace parley
