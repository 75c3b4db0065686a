#include "adapters/cli/completion.hpp"

#include "adapters/cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace parley::cli {

namespace {

/// What an option or argument takes that its own checks do not tell, by its
/// name without dashes; such a name means the same in every command.
struct taken {
  const char* option;
  const char* kind; ///< of things in the node, or "files"
};

constexpr std::array options_taken{
  taken{"campaign", "campaign"}, taken{"call", "call"},    taken{"meeting", "meeting"}, taken{"prospect", "prospect"},
  taken{"delivery", "outbox"},   taken{"prompt", "files"}, taken{"data-dir", "files"},  taken{"socket", "files"},
  taken{"config", "files"},      taken{"out", "files"},    taken{"manager", "manager"},
};

/// The option of this spelling, here or in a group above.
const CLI::Option* option_named(const CLI::App* app, std::string_view word) {
  const auto equals = word.find('=');
  const std::string name{word.substr(0, equals)};
  for (; app; app = app->get_parent())
    for (const auto* option : app->get_options())
      if (option->nonpositional() && option->check_name(name))
        return option;
  return nullptr;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string plain_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
}

/// Where a line stands after the words before the current one.
struct place {
  const CLI::App* app;
  const CLI::Option* wants = nullptr; ///< an option whose value comes next
  size_t arguments = 0;               ///< of the command, so far
};

const CLI::App* command_named(const CLI::App* app, const std::string& name) {
  for (const auto* command : app->get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name)
      return command;
  return nullptr;
}

place place_after(const CLI::App& app, const std::vector<std::string>& before) {
  place at{&app};
  for (const auto& word : before) {
    if (at.wants && word == "=") {
      continue; // bash makes words of --option=value
    } else if (at.wants) {
      at.wants = nullptr;
    } else if (word.size() > 1 && word.front() == '-') {
      const auto* option = option_named(at.app, word);
      at.wants = option && takes_value(*option) && word.find('=') == std::string::npos ? option : nullptr;
    } else if (const auto* command = command_named(at.app, word)) {
      at.app = command;
      at.arguments = 0;
    } else {
      ++at.arguments;
    }
  }
  return at;
}

/// The words that an option allows, of the list that its help shows in braces.
std::vector<candidate> words_of(const std::string& type) {
  std::vector<candidate> out;
  const auto begin = type.find('{');
  const auto end = type.find('}', std::min(begin, type.size()));
  if (end == type.npos)
    return out;
  std::istringstream words{type.substr(begin + 1, end - begin - 1)};
  for (std::string word; std::getline(words, word, ',');)
    out.push_back({word, ""});
  return out;
}

void add_values(completion& out, const CLI::Option& option, const name_source& names) {
  const auto type = option.get_type_name();
  out.candidates = words_of(type);
  out.files = type.ends_with(":FILE"); // one that must exist
  if (out.files || !out.candidates.empty())
    return;
  const auto name = plain_name(option);
  for (const auto& known : options_taken) {
    if (name != known.option)
      continue;
    const std::string kind{known.kind};
    if (kind == "files")
      out.files = true;
    else
      out.candidates = names(kind);
  }
}

void add_options(completion& out, const CLI::App* app) {
  for (; app; app = app->get_parent())
    for (const auto* option : app->get_options())
      if (option->nonpositional() && !option->get_group().empty())
        for (const auto& name : option->get_lnames())
          out.candidates.push_back({"--" + name, option->get_description()});
}

void add_commands_of(completion& out, const CLI::App* app) {
  for (const auto* command : app->get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) // else hidden
      out.candidates.push_back({command->get_name(), command->get_description()});
}

/// The argument of a command at this position.
const CLI::Option* argument_at(const CLI::App* app, size_t position) {
  for (const auto* option : app->get_options())
    if (option->get_positional() && position-- == 0)
      return option;
  return nullptr;
}

constexpr const char* bash_script = R"sh(# Completion of parley for bash: eval "$(parley completion bash)"
_parley() {
  local current="${COMP_WORDS[COMP_CWORD]}" word about
  local before="$(printf '%s\n' "${COMP_WORDS[@]:1:COMP_CWORD-1}")"
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    if [[ $word == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$(printf '%q' "$word")")
    fi
  done < <("${COMP_WORDS[0]}" complete --before=":$before" --current=":$current" 2>/dev/null)
}
complete -F _parley parley
)sh";

constexpr const char* zsh_script = R"sh(#compdef parley
# Completion of parley for zsh: eval "$(parley completion zsh)"
_parley() {
  local -a candidates
  local word about
  local before="${(F)${(@Q)words[2,CURRENT-1]}}"
  while IFS=$'\t' read -r word about; do
    if [[ $word == :files ]]; then
      [[ ${words[CURRENT]} == -*=* ]] && compset -P '*='
      _files
    else
      candidates+=("${word//:/\\:}:$about")
    fi
  done < <("${words[1]}" complete --before=":$before" --current=":${(Q)words[CURRENT]}" 2>/dev/null)
  (( ${#candidates} )) && _describe 'parley' candidates
}
if [[ "${funcstack[1]}" == _parley ]]; then
  _parley "$@"
else
  compdef _parley parley
fi
)sh";

constexpr const char* fish_script = R"sh(# Completion of parley for fish: parley completion fish | source
function __parley_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l before ":"
  if test (count $words) -gt 1
    set before ":"(string join \n -- $words[2..-1] | string collect)
  end
  for line in ($words[1] complete --before="$before" --current=":$current" 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path "$current"
    else
      printf '%s\n' "$line"
    end
  end
end
complete -c parley -f -a '(__parley_complete)'
)sh";

/// What the shells pass begins with a colon, so that it is never empty.
std::string without_colon(const std::string& text) {
  return text.starts_with(":") ? text.substr(1) : text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

/// The socket that the line itself names, else the usual one.
std::string socket_of(const std::vector<std::string>& before, const std::string& otherwise) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == "--socket" && i + 1 < before.size())
      return before[i + 1];
    if (before[i].starts_with("--socket="))
      return before[i].substr(std::string_view{"--socket="}.size());
  }
  return otherwise;
}

/// The words of a list's rows and what is said about them, by their keys.
struct named_rows {
  const char* kind;
  const char* word;
  std::array<const char*, 2> about;
};

constexpr std::array lists{
  named_rows{"campaign", "name", {"status", ""}},      named_rows{"call", "id", {"prospect", "status"}},
  named_rows{"meeting", "id", {"prospect", "status"}}, named_rows{"prospect", "name", {"company", "state"}},
  named_rows{"outbox", "id", {"prospect", "state"}},   named_rows{"manager", "name", {"specialty", "timezone"}},
};

candidate candidate_of(const ordered_json& row, const named_rows& keys) {
  const auto text = [&](const char* key) { return row.contains(key) ? plain(row[key]) : std::string{}; };
  candidate out{text(keys.word), ""};
  for (const auto* key : keys.about)
    if (const auto about = text(key); !about.empty() && about != "-")
      out.about += (out.about.empty() ? "" : " ") + about;
  return out;
}

/// Nobody waits long for a completion; without a node there are no names.
std::vector<candidate> names_in_node(const std::string& socket, const std::string& kind) {
  constexpr auto patience = std::chrono::milliseconds{1500};
  constexpr int rows_max = 200; // more than anybody reads
  std::vector<candidate> out;
  const auto* keys = std::find_if(lists.begin(), lists.end(), [&](const named_rows& x) { return kind == x.kind; });
  if (keys == lists.end())
    return out;
  try {
    for (const auto& row : send_command(socket, kind + " list", {{"limit", rows_max}}, patience))
      if (auto one = candidate_of(row, *keys);
          std::none_of(out.begin(), out.end(), [&](const candidate& x) { return x.word == one.word; }))
        out.push_back(std::move(one));
  } catch (const command_failed&) { // nothing may be printed into somebody's line
    return {};
  }
  return out;
}

void print(const completion& x) {
  for (const auto& one : x.candidates) {
    const auto about = one.about.substr(0, one.about.find('\n'));
    std::cout << one.word << (about.empty() ? "" : "\t" + about) << '\n';
  }
  if (x.files)
    std::cout << ":files\n";
}

} // namespace

completion complete_line(const CLI::App& app, const std::vector<std::string>& before, const std::string& current,
                         const name_source& names) {
  const auto at = place_after(app, before);
  // As a shell shows a word that is not closed yet.
  const auto begun = current.starts_with('"') || current.starts_with('\'') ? current.substr(1) : current;
  completion out;
  if (at.wants) {
    add_values(out, *at.wants, names);
    if (begun == "=")
      return out; // bash: nothing of the value is there yet
  } else if (const auto equals = begun.find('='); begun.starts_with("-") && equals != begun.npos) {
    const auto* option = option_named(at.app, begun);
    if (!option || !takes_value(*option))
      return out;
    add_values(out, *option, names);
    for (auto& one : out.candidates) // shells complete the whole word
      one.word.insert(0, begun, 0, equals + 1);
  } else if (begun.starts_with("-")) {
    add_options(out, at.app);
  } else {
    add_commands_of(out, at.app);
    if (const auto* argument = argument_at(at.app, at.arguments))
      add_values(out, *argument, names);
  }
  std::erase_if(out.candidates, [&](const candidate& x) { return !x.word.starts_with(begun); });
  return out;
}

std::optional<std::string> completion_script(const std::string& shell) {
  if (shell == "bash")
    return bash_script;
  if (shell == "zsh")
    return zsh_script;
  if (shell == "fish")
    return fish_script;
  return std::nullopt;
}

void add_completion(CLI::App& app, const shared_ptr& s) {
  auto shell = std::make_shared<std::string>();
  auto* command = add_command(&app, "completion",
                              "Print the completion script of a shell; names of campaigns are "
                              "asked of the node",
                              "completion bash\n  eval \"$(parley completion bash)\"     # in ~/.bashrc\n"
                              "  parley completion fish | source");
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([s, shell] {
    const auto script = completion_script(*shell).value_or("");
    if (!s->as_json({{"shell", *shell}, {"script", script}}))
      std::cout << script;
  });

  struct line {
    std::string before;
    std::string current;
  };
  auto l = std::make_shared<line>();
  auto* hidden = app.add_subcommand("complete", "What the completion scripts call")->group("");
  hidden->add_option("--before", l->before);
  hidden->add_option("--current", l->current);
  hidden->callback([&app, s, l] {
    const auto before = lines_of(without_colon(l->before));
    const auto socket = socket_of(before, s->options.socket);
    print(complete_line(app, before, without_colon(l->current),
                        [&](const std::string& kind) { return names_in_node(socket, kind); }));
  });
}

} // namespace parley::cli
