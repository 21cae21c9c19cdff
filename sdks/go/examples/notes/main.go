// Notes is an app for the terminal that checks its license.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	licet "licet.example/go"
)

const usage = `notes show               works with any license
notes export             needs the feature "export"
notes license            shows the license
notes license request    shows the code with which a device without a connection asks for a file
notes license import     imports a license file from the standard input
notes license return     deletes the license file, and shows the code that frees its slot`

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	client, err := licet.New(licet.Options{
		URL:        os.Getenv("LICET_URL"), // In a real app, this and the public keys are constants.
		AppID:      "com.example.notes",
		Key:        os.Getenv("LICENSE_KEY"),
		PublicKeys: strings.Split(os.Getenv("LICET_PUBLIC_KEYS"), ","),
	})
	if err != nil {
		return err
	}
	switch strings.Join(arguments, " ") {
	case "show":
		return withLicense(ctx, client, func() { fmt.Println("Buy milk.") })
	case "export":
		return withLicense(ctx, client, func() { fmt.Println("Exported.") }, licet.RequireFeatures("export"))
	case "license":
		describe(client.Check(ctx))
		return client.Wait(ctx)
	case "license request":
		request, err := client.CreateOfflineRequest(ctx)
		fmt.Println(request.Code)
		return err
	case "license import":
		return importFile(ctx, client)
	case "license return":
		code, err := client.ReturnFile(ctx)
		fmt.Println(code)
		return err
	}
	fmt.Println(usage)
	return nil
}

// withLicense runs a command if the license allows it, and while it is unknown: the app works for people on their
// first flight, too.
func withLicense(ctx context.Context, client *licet.Client, command func(), options ...licet.CallOption) error {
	state := client.Check(ctx, options...)
	switch state.Status {
	case licet.Refused:
		return state.Err()
	case licet.Unknown:
		fmt.Fprintln(os.Stderr, "The license could not be checked:", state.Message)
	case licet.Grace:
		fmt.Fprintln(os.Stderr, "Please connect to the internet before", state.ValidUntil)
	}
	command()
	return client.Wait(ctx)
}

func importFile(ctx context.Context, client *licet.Client) error {
	text, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	if err != nil {
		return err
	}
	state, err := client.ImportFile(ctx, string(text))
	if err != nil {
		return err
	}
	describe(state)
	return nil
}

func describe(state licet.State) {
	fmt.Println(state.Status, state.Source, state.Message)
}
