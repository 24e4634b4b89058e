package main

import "github.com/spf13/cobra"

func newDemo(open func() (*house, error)) *cobra.Command { return &cobra.Command{Use: "demo"} }
