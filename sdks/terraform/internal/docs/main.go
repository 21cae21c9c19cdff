// Docs writes the pages of the registry from the schemas. With -check it only compares them.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"licet.example/terraform-provider-licet/internal/provider"
)

func main() {
	check := flag.Bool("check", false, "only compare the pages")
	flag.Parse()
	for _, object := range provider.Objects() {
		pages := map[string]string{"resources": describeResource(object)}
		if object.Lookup != "" {
			pages["data-sources"] = describeSource(object)
		}
		for folder, text := range pages {
			if err := write(filepath.Join("docs", folder, object.Name+".md"), text, *check); err != nil {
				log.Fatal(err)
			}
		}
	}
}

func write(path, text string, check bool) error {
	if check {
		found, err := os.ReadFile(path)
		if err == nil && string(found) != text {
			err = fmt.Errorf("%s is outdated: run go run ./internal/docs", path)
		}
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func describeResource(object provider.Object) string {
	text := title("licet_"+object.Name, "resource", object.About)
	text += "\n| attribute | what it is | type | default |\n|---|---|---|---|\n" + rows("", object.Fields)
	if object.ExactlyOne != nil {
		text += "\nSet exactly one of `" + strings.Join(object.ExactlyOne, "`, `") + "`.\n"
	}
	return text + fmt.Sprintf("\n## Import\n\n    terraform import licet_%s.name %s\n", object.Name, object.Import)
}

func describeSource(object provider.Object) string {
	text := title("licet_"+object.Name, "data source", object.SourceAbout()) + "\n| attribute | what it is | type |\n|---|---|---|\n"
	for _, line := range strings.SplitAfter(rows("", object.Fields), "\n") {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			text += strings.Join(cells[:3], " | ") + " |\n"
		}
	}
	return text
}

func title(name, kind, about string) string {
	return fmt.Sprintf("---\npage_title: \"%s (%s)\"\n---\n\n# %s\n\n%s\n", name, kind, name, about)
}

func rows(group string, fields []provider.Field) string {
	var text string
	for _, field := range fields {
		text += fmt.Sprintf("| `%s%s` | %s | %s | %s |\n", group, field.Name, field.Describe(), kindOf(field), defaultOf(field))
		text += rows(group+field.Name+".", field.Fields)
	}
	return text
}

func kindOf(field provider.Field) string {
	switch field.Kind {
	case provider.Time, provider.URL, provider.Email:
		return string(provider.Text)
	}
	return string(field.Kind)
}

func defaultOf(field provider.Field) string {
	switch field.Use {
	case provider.Required:
		return "required"
	case provider.Default:
		if field.Kind != provider.Group {
			return fmt.Sprintf("`%v`", field.Fallback)
		}
		return "as below"
	case provider.Kept:
		return "chosen by the server"
	case provider.Computed, provider.Once:
		return "set by the server"
	}
	return "null"
}
