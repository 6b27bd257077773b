package output

import "github.com/pulumi/pulumi-go-provider/infer"

// LoggingChoices lists the choices of a resource's input `logging`, whose type each resource has of its own.
func LoggingChoices[T ~string]() []infer.EnumValue[T] {
	return []infer.EnumValue[T]{
		{Value: "stdout", Description: "Capture stdout in logs but not stderr"},
		{Value: "stderr", Description: "Capture stderr in logs but not stdout"},
		{Value: "stdoutAndStderr", Description: "Capture stdout and stderr in logs"},
		{Value: "none", Description: "Capture no logs"},
	}
}
