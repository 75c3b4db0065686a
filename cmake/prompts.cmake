include_guard(GLOBAL)

# parley_embed_prompt(name variable file): config/prompts/NAME.md becomes the
# string constant VARIABLE in FILE, so that a program needs no prompt files.
function(parley_embed_prompt name variable file)
  set(source ${PROJECT_SOURCE_DIR}/config/prompts/${name}.md)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  file(GENERATE OUTPUT ${file} CONTENT
    "inline constexpr std::string_view ${variable} = R\"prompt-text(${text})prompt-text\";\n")
endfunction()
