package local

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

// findAssets returns the files that the patterns name, by their path relative to dir.
func findAssets(dir string, patterns []string) (*map[string]types.AssetOrArchive, error) {
	assets := map[string]types.AssetOrArchive{}
	files, err := findFiles(dir, patterns)
	for name, file := range files {
		assets[name] = types.AssetOrArchive{Asset: file}
	}
	return &assets, err
}

// findArchive returns the files that the patterns name as one archive, by their path relative to dir.
func findArchive(dir string, patterns []string) (*archive.Archive, error) {
	files, err := findFiles(dir, patterns)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for name, file := range files {
		members[name] = file
	}
	return archive.FromAssets(members)
}

// findFiles applies the patterns in their order: each adds the files it names or, if it begins with !, takes them away.
func findFiles(dir string, patterns []string) (map[string]*asset.Asset, error) {
	type rule struct {
		glob.Glob
		excludes bool
	}
	rules := make([]rule, len(patterns))
	for i, pattern := range patterns {
		compiled, err := glob.Compile(strings.TrimPrefix(pattern, "!"), '/')
		if err != nil {
			return nil, fmt.Errorf("pattern %q of assetPaths or archivePaths: %w", pattern, err)
		}
		rules[i] = rule{compiled, strings.HasPrefix(pattern, "!")}
	}
	files := map[string]*asset.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		wanted := false
		for _, rule := range rules {
			if rule.Match(name) {
				wanted = !rule.excludes
			}
		}
		if wanted {
			files[name], err = asset.FromPath(path.Join(dir, name))
		}
		return err
	})
	return files, err
}
